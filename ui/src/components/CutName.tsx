import { shortName, splitName } from "../model/names";

/** The name of a span or trace; when room is short it is cut before its last part. To stand in a flex box. */
export function CutName({ name }: { name: string }) {
  const [start, end] = splitName(shortName(name) || "(no name)");
  return (
    <>
      <span className="name-start">{start}</span>
      {end !== "" && <span className="name-end">{end}</span>}
    </>
  );
}
