ALTER TABLE clew.erasure_rows DELETE WHERE erasure = {erasure:String}
