export function ServiceDot({ colour }: { colour: string }) {
  return <span className="dot" style={{ background: colour }} aria-hidden="true" />;
}

export function ServiceChip({ name, colour }: { name: string; colour: string }) {
  return (
    <span className="chip">
      <ServiceDot colour={colour} />
      {name}
    </span>
  );
}
