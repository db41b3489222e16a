ALTER TABLE clew./*table*/ MODIFY SETTING old_parts_lifetime = 1
