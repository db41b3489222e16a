SELECT match('', {pattern:String})
