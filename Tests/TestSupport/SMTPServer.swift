// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A real SMTP server, Python's aiosmtpd, on a loopback port; it keeps what it takes.
package final class SMTPServer: Sendable {
    package enum Security: String, Sendable {
        /// TLS from the first byte.
        case implicit
        /// STARTTLS, and nothing before it.
        case startTLS
        case none
    }

    /// A message as it came.
    package struct Message: Sendable, Codable, Equatable {
        package var from: String
        package var to: [String]
        package var data: String
        package var user: String?
        package var secured: Bool
    }

    package static let user = "mainstay"
    package static let password = "hunter2-smtp"

    /// The Python that `deploy/test.sh` installs the server for.
    package static let python: String? = {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../.build/tools/bin/python3").standardized.path
        guard FileManager.default.isExecutableFile(atPath: path),
            let found = try? Command.run(path, ["-c", "import aiosmtpd"], environment: Command.gitEnvironment()),
            found.status == 0
        else { return nil }
        return path
    }()

    package let port: Int
    /// Its certificate, in PEM; it vouches for itself.
    package let certificate: [UInt8]
    package let certificateFile: String
    private let folder: TemporaryDirectory
    private let process: Child

    package struct NotThere: Error { var text: String }

    /// - Parameter port: the one to listen on; a free one where it is left out.
    package init(_ security: Security, port: Int = 0) throws {
        guard let python = Self.python else { throw NotThere(text: "aiosmtpd is not installed") }
        folder = try TemporaryDirectory()
        let path = folder.path
        certificateFile = "\(path)/certificate.pem"
        let made = try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificateFile,
                "-keyout", "\(path)/key.pem",
            ], environment: Command.gitEnvironment())
        guard made.status == 0 else { throw NotThere(text: made.text) }
        certificate = [UInt8](try Data(contentsOf: URL(fileURLWithPath: certificateFile)))
        let script = try folder.write(Self.script, to: "server.py")
        process = try Child(
            python, [script, security.rawValue, path, String(port)], environment: Command.gitEnvironment(),
            output: "\(path)/output", errors: "\(path)/errors")
        var started: Int?
        for _ in 0..<500 where started == nil {
            Thread.sleep(forTimeInterval: 0.02)
            let text = (try? String(contentsOfFile: "\(path)/output", encoding: .utf8)) ?? ""
            if text.hasSuffix("\n") { started = Int(text.dropLast()) }
        }
        guard let started else {
            let errors = (try? String(contentsOfFile: "\(path)/errors", encoding: .utf8)) ?? ""
            Self.end(process)
            throw NotThere(text: errors)
        }
        self.port = started
    }

    deinit { Self.end(process) }

    /// Not by SIGTERM: Python heeds it only where the thread that began it does not block it.
    private static func end(_ process: Child) {
        process.send(SIGKILL)
        process.wait()
    }

    package var messages: [Message] {
        let text = (try? String(contentsOfFile: "\(folder.path)/messages", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Message.self, from: Data($0.utf8))
        }
    }

    private static let script = """
        import asyncio, json, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult

        mode, folder, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")

        class Keeper:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("nobody@"):
                    return "550 5.1.1 nobody of that name"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                if b"forbidden" in envelope.content:
                    return "554 5.7.1 refused for what it says"
                user = session.auth_data.login.decode() if session.auth_data else None
                with open(folder + "/messages", "a") as file:
                    file.write(json.dumps({
                        "from": envelope.mail_from, "to": envelope.rcpt_tos, "user": user,
                        "data": envelope.content.decode(),
                        "secured": mode == "implicit" or session.ssl is not None}) + "\\n")
                return "250 taken"

        def check(server, session, envelope, mechanism, data):
            right = (data.login, data.password) == (b"\(user)", b"\(password)")
            return AuthResult(success=right, handled=False, auth_data=data)

        def make():
            options = dict(authenticator=check, auth_require_tls=False, auth_required=mode != "none")
            if mode == "startTLS":
                options.update(tls_context=context, require_starttls=True)
            return SMTP(Keeper(), **options)

        async def main():
            secured = context if mode == "implicit" else None
            server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port, ssl=secured)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        asyncio.run(main())
        """
}
