SELECT max(last_seen_unix_nano) FROM clew.operations WHERE tenant = {tenant:String}
