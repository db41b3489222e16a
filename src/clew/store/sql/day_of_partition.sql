toDate(extract(partition, '[0-9]+-[0-9]+-[0-9]+'))
