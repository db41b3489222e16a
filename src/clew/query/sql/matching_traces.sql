SELECT start, spans AS matching FROM begun
