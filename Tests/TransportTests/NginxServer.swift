// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import Transport

/// A real nginx on a loopback port: TLS and HTTP/2 in front of a `LoopbackServer`, which sees each request with the
/// number of the client's connection in `X-Connection`.
final class NginxServer: Sendable {
    static let program = "/usr/sbin/nginx"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let url: String
    let certificate: [UInt8]
    private let folder: TemporaryDirectory
    private let process: Child

    init(before backend: LoopbackServer, tls: String = "") throws {
        folder = try TemporaryDirectory()
        let path = folder.path
        certificate = try Self.makeCertificate(of: "127.0.0.1", in: folder).certificate
        // A Unix socket would need no free port, but libcurl's connections are to be those of the product. Below those
        // that the kernel gives away: one of them could be another test's before nginx has it.
        let port = UInt16.random(in: 20_000..<32_000)
        url = "https://127.0.0.1:\(port)"
        let configuration = try folder.write(
            """
            daemon off;
            pid \(path)/pid;
            error_log stderr notice;
            worker_processes 1;
            events { worker_connections 2048; }
            http {
                access_log off;
                client_body_temp_path \(path)/temporary;
                proxy_temp_path \(path)/temporary;
                fastcgi_temp_path \(path)/temporary;
                uwsgi_temp_path \(path)/temporary;
                scgi_temp_path \(path)/temporary;
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate \(path)/certificate.pem;
                    ssl_certificate_key \(path)/key.pem;
                    \(tls)
                    location / {
                        proxy_pass http://127.0.0.1:\(backend.port);
                        proxy_http_version 1.1;
                        proxy_buffering off;
                        proxy_read_timeout 60s;
                        proxy_set_header X-Connection $connection;
                        proxy_set_header X-Protocol $server_protocol;
                        proxy_set_header X-Host $http_host;
                        proxy_set_header X-Client $ssl_client_s_dn;
                    }
                }
            }

            """, to: "nginx.conf")
        process = try Child(
            Self.program, ["-p", path, "-e", "stderr", "-c", configuration], environment: Command.gitEnvironment(),
            errors: "\(path)/log")
        for _ in 0..<200 where !log.contains("start worker process") { Thread.sleep(forTimeInterval: 0.02) }
        guard log.contains("start worker process") else { throw Command.Failure(arguments: ["nginx"], text: log) }
    }

    deinit { process.terminate() }

    /// A certificate that vouches for itself, and its key, in PEM; both are left as files in the folder too.
    static func makeCertificate(
        of name: String, in folder: TemporaryDirectory
    ) throws -> (certificate: [UInt8], key: [UInt8]) {
        let files = ["\(folder.path)/certificate.pem", "\(folder.path)/key.pem"]
        let made = try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1],
            ], environment: Command.gitEnvironment())
        guard made.status == 0 else { throw Command.Failure(arguments: ["openssl"], text: made.text) }
        let bytes = try files.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
        return (bytes[0], bytes[1])
    }

    private var log: String { (try? String(contentsOfFile: "\(folder.path)/log", encoding: .utf8)) ?? "" }

    func request(_ path: String, method: String = "GET", body: [UInt8]? = nil) -> HTTPRequest {
        HTTPRequest(
            method: method, url: url + path, body: body, tls: TLSOptions(certificateAuthorities: certificate),
            deadlines: HTTPDeadlines(total: nil, silence: .seconds(60)))
    }
}
