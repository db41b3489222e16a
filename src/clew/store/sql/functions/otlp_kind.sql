-- the kind of an encoded AnyValue, by the tag of its field
CREATE OR REPLACE FUNCTION otlp_kind AS (value) ->
    transform(
        substring(value, 1, 1),
        ['\x0A', '\x10', '\x18', '\x21', '\x2A', '\x32', '\x3A'],
        ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'],
        'none')
