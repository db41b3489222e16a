SELECT count() FROM clew.traces WHERE tenant = {tenant:String} AND trace_id = toFixedString(unhex({trace_id:String}), 16)
