// The phone's client of videoapp: a token kept by the app, playback by a second token.
export class VideoApp {
  constructor(base) {
    this.base = base;
  }

  async send(method, path, body) {
    const answer = await fetch(this.base + path, {
      method, body: body && JSON.stringify(body),
      headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
    });
    return { status: answer.status, data: await answer.json() };
  }

  signup(name, email, password) {
    return this.send('POST', '/auth/signup', { name, email, password });
  }

  async login(email, password) {
    const answer = await this.send('POST', '/auth/login', { email, password });
    if (answer.status === 200) this.token = answer.data.token;
    return answer;
  }

  me() {
    return this.send('GET', '/auth/me');
  }

  dashboard() {
    return this.send('GET', '/dashboard');
  }

  stream(id, token) {
    return this.send('GET', `/video/${id}/stream?token=${encodeURIComponent(token)}`);
  }

  logout() {
    return this.send('POST', '/auth/logout');
  }
}
