INSERT INTO clew.retention_rules (applied_unix_nano, who, rules) SELECT {now:UInt64}, {who:String}, {rules:String}
