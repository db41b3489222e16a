/*migrations/0061_create_operations_view.sql*/
