/*migrations/0020_create_trace_starts_view.sql*/
