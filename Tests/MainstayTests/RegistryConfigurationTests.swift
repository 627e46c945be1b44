// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Testing

@testable import Mainstay

@Suite("Registries in the daemon's configuration")
struct RegistryConfigurationTests {
    private func load(_ registries: String) throws -> [Configuration.Registry] {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "https://git.example.com/planet.git"}
            registries: \(registries)
            """
        let files = FileReader { _, _ in Array(text.utf8) }
        return try ConfigurationFile.load("/etc/mainstay/mainstay.yaml", environment: [:], files: files).registries
    }

    @Test("None is the default; files are relative to the configuration")
    func entries() throws {
        #expect(try load("[]").isEmpty)
        let found = try load(
            "[{host: \"r.example.com:5000\", certificateAuthority: ca.pem, username: u, passwordFile: secret/p}, "
                + "{host: localhost, insecure: true}]")
        #expect(
            found == [
                Configuration.Registry(
                    host: "r.example.com:5000", certificateAuthority: "/etc/mainstay/ca.pem", username: "u",
                    passwordFile: "/etc/mainstay/secret/p"),
                Configuration.Registry(host: "localhost", isInsecure: true),
            ])
    }

    @Test(
        "What could not be asked, or would be ignored, is refused",
        arguments: [
            ("[{host: \"https://r.example.com\"}]", "registries[0].host: must be a registry's host"),
            ("[{host: r.example.com/team}]", "registries[0].host: must be a registry's host"),
            ("[{insecure: true}]", "\"host\" is missing"),
            ("[{host: a.b, username: u}]", "username and passwordFile go together"),
            ("[{host: a.b, insecure: true, certificateAuthority: x}]", "has no effect with \"insecure: true\""),
            ("[{host: a.b}, {host: A.b}]", "name a registry twice"),
            ("[{host: a.b, password: x}]", "unknown field \"password\""),
        ])
    func refused(registries: String, message: String) {
        do {
            _ = try load(registries)
            Issue.record("nothing was thrown")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }
}
