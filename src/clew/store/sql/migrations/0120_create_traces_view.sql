/*migrations/0018_create_traces_view.sql*/
