#!/usr/bin/python3
"""A mail server for tests: smtpd.py FOLDER PORT tls|plain; cert.pem and key.pem lie in FOLDER.

Takes app/secret, writes NUMBER.eml and NUMBER.json for each mail, and fails as the recipient's local part says."""
import itertools
import json
import os
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
numbers = itertools.count(1)
seen = set()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        part = address.split('@')[0]
        if part == 'nosuch':
            return '550 5.1.1 no such user'
        if part == 'later' and address not in seen:
            seen.add(address)
            return '451 4.7.1 greylisted'
        if part == 'drop':
            server.transport.close()
            return '421 bye'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith('full@'):
            return '452 4.2.2 mailbox full'
        if envelope.rcpt_tos[0].startswith('spam@'):
            return '554 5.7.1 looks like spam'
        path = f'{folder}/{next(numbers):05d}'
        with open(f'{path}.json', 'w', encoding='utf-8') as file:
            json.dump({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'auth': bool(session.authenticated),
                       'tls': bool(session.ssl), 'port': session.peer[1]}, file)
        with open(f'{path}.part', 'wb') as file:
            file.write(envelope.original_content)
        os.rename(f'{path}.part', f'{path}.eml')
        return '250 2.0.0 OK'


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b'app', b'secret'), handled=False)


class Server(Controller):
    def factory(self):
        if mode == 'plain':
            return SMTP(self.handler, hostname='localhost')
        return SMTP(self.handler, tls_context=context, require_starttls=True, authenticator=authenticate,
                    auth_required=True, auth_require_tls=True, hostname='localhost')


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
if mode != 'plain':
    context.load_cert_chain(f'{folder}/cert.pem', f'{folder}/key.pem')
server = Server(Handler(), hostname='127.0.0.1', port=port)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
server.start()
with open(f'{folder}/listening', 'w', encoding='utf-8'):
    pass
signal.sigwait({signal.SIGTERM})
server.stop()
