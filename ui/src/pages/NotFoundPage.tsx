import { Link } from "@tanstack/react-router";
import { Notice } from "../components/Notice";

export function NotFoundPage() {
  return (
    <Notice icon="unknown" title="There is no such page">
      <Link to="/search" search={{}} className="button">
        To the search
      </Link>
    </Notice>
  );
}
