/*migrations/0060_create_operation_minutes_view.sql*/
