// The app's client of streamify, behind /api; it reads `message` of what is refused.
export class Streamify {
  constructor(base) {
    this.base = `${base}/api`;
  }

  async send(method, path, body) {
    const answer = await fetch(this.base + path, {
      method, body: body && JSON.stringify(body),
      headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
    });
    const data = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(data.message), { status: answer.status });
    return data;
  }

  register(username, email, password) {
    return this.send('POST', '/register', { username, email, password });
  }

  async login(username, password) {
    const data = await this.send('POST', '/login', { username, password });
    this.token = data.token;
    return data;
  }

  profile() {
    return this.send('GET', '/profile');
  }

  movies(query = '') {
    return this.send('GET', `/movies${query}`);
  }

  search(q) {
    return this.send('GET', `/movies/search?q=${encodeURIComponent(q)}`);
  }

  movie(id) {
    return this.send('GET', `/movies/${id}`);
  }

  popular() {
    return this.send('GET', '/movies/popular?limit=20');
  }

  alike(id) {
    return this.send('GET', `/movies/${id}/recommendations`);
  }

  recommendations() {
    return this.send('GET', '/recommendations');
  }

  watchlist() {
    return this.send('GET', '/watchlist');
  }

  add(id) {
    return this.send('POST', `/watchlist/${id}`);
  }

  remove(id) {
    return this.send('DELETE', `/watchlist/${id}`);
  }
}
