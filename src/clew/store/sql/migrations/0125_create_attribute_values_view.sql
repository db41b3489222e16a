/*migrations/0028_create_attribute_values_view.sql*/
