/*migrations/0026_create_origins_view.sql*/
