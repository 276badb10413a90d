// What each person has read, until the tab is closed. Later messages are unread.

export class Seen {
  constructor(key) {
    this.place = `seen:${key}`;
    const stored = JSON.parse(sessionStorage.getItem(this.place) ?? "{}");
    this.since = stored.since ?? null; // messages from before the tab was opened count as read
    this.newest = stored.newest ?? {};
  }

  begin(rows) {
    if (this.since !== null) return;
    this.since = String(rows.reduce((newest, row) => (BigInt(row.newest) > newest ? BigInt(row.newest) : newest), 0n));
    this.keep();
  }

  isUnread(person, row) {
    return BigInt(row.newest) > BigInt(this.newest[`${person} ${row.id}`] ?? this.since ?? "0");
  }

  look(person, row) {
    if (!this.isUnread(person, row)) return;
    this.newest[`${person} ${row.id}`] = row.newest;
    this.keep();
  }

  keep() {
    sessionStorage.setItem(this.place, JSON.stringify({ since: this.since, newest: this.newest }));
  }
}
