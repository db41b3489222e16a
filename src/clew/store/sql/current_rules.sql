SELECT rules, applied_unix_nano, who FROM clew.retention_rules ORDER BY applied_unix_nano DESC LIMIT 1
