from clew.query.binder import Binder
from tests.data_plane import DataPlane


def test_values_stay_out_of_the_text(data_plane: DataPlane) -> None:
    """Any text and any bytes come to the engine as they are, beside the statement."""
    binder = Binder()
    sql = f"SELECT {binder.bind(chr(39) + ' OR 1', 'String')}, {binder.binary(b'%s')}, {binder.binaries([b'a', b''])}"
    assert "OR" not in sql
    ((text, binary, several),) = data_plane.engine.read(sql, binder.parameters)
    assert (text, binary, list(several)) == (b"' OR 1", b"%s", [b"a", b""])


def test_every_byte_can_be_bound(data_plane: DataPlane) -> None:
    """Also those that are no UTF-8."""
    binder = Binder()
    everything = bytes(range(256))
    ((hexadecimal,),) = data_plane.engine.read(f"SELECT hex({binder.binary(everything)})", binder.parameters)
    assert bytes.fromhex(hexadecimal.decode()) == everything
