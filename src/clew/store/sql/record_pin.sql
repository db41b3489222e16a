INSERT INTO clew.pins (tenant, trace_id, is_pinned, changed_unix_nano, who) SELECT {tenant:String}, unhex({trace_id:String}), {is_pinned:Bool}, {now:UInt64}, {who:String}
