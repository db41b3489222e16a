/** A ball of thread with its loose end. */
export function Logo() {
  return (
    <svg className="logo" width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="14" cy="15" r="11" />
      <path className="logo-thread" d="M5 11c6 1 12 5 15 12M8.500 6.500c7 2 12.500 7 15 13M4 17c5 .5 9 3.500 11 8M22 9c-6 1-12 6-14 14" />
      <path className="logo-end" d="M22 23c3 3.500 5 4 8 3" />
    </svg>
  );
}
