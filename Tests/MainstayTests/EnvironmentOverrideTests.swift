// SPDX-License-Identifier: Apache-2.0

import Reconciler
import Testing

@testable import Mainstay

@Suite("Environment overrides")
struct EnvironmentOverrideTests {
    private static let minimal = ConfigurationTests.minimal

    @Test("Every key has its variable, which goes before the file")
    func everyKey() throws {
        let configuration = try ConfigurationTests.load(
            Self.minimal + "\nlog: {level: error, format: text}\ncluster: {kubeconfig: /a, context: a}\n",
            environment: [
                "MAINSTAY_SOURCE_URL": "/srv/planet.git", "MAINSTAY_SOURCE_BRANCH": "trunk",
                "MAINSTAY_SOURCE_INTERVAL": "5m", "MAINSTAY_SOURCE_CREDENTIALS_USERNAME": "robot",
                "MAINSTAY_SOURCE_CREDENTIALS_PASSWORDFILE": "/1", "MAINSTAY_SOURCE_CREDENTIALS_TOKENFILE": "/2",
                "MAINSTAY_SOURCE_CREDENTIALS_SSHKEYFILE": "/3", "MAINSTAY_SOURCE_CREDENTIALS_SSHPASSPHRASEFILE": "/4",
                "MAINSTAY_SOURCE_CREDENTIALS_KNOWNHOSTSFILE": "five", "MAINSTAY_CLUSTER_KUBECONFIG": "/b",
                "MAINSTAY_CLUSTER_CONTEXT": "b", "MAINSTAY_DATA_DIRECTORY": "/data",
                "MAINSTAY_SERVER_LISTEN": "0.0.0.0:80", "MAINSTAY_ALLOW_NAMESPACES": "a, b,,c ",
                "MAINSTAY_ALLOW_KINDS": "Namespace", "MAINSTAY_LOG_LEVEL": "debug", "MAINSTAY_LOG_FORMAT": "json",
            ])
        #expect(configuration.source.url == "/srv/planet.git")
        #expect(configuration.source.branch == "trunk")
        #expect(configuration.source.interval == .seconds(300))
        let credentials = configuration.source.credentials
        #expect(credentials.username == "robot")
        #expect(credentials.passwordFile == "/1")
        #expect(credentials.tokenFile == "/2")
        #expect(credentials.sshKeyFile == "/3")
        #expect(credentials.sshPassphraseFile == "/4")
        #expect(credentials.knownHostsFile == "/etc/mainstay/five")
        #expect(configuration.cluster.kubeconfig == "/b")
        #expect(configuration.cluster.context == "b")
        #expect(configuration.dataDirectory == "/data")
        #expect(configuration.server.listen == "0.0.0.0:80")
        #expect(configuration.allow.namespaces == ["a", "b", "c"])
        #expect(configuration.allow.kinds == ["Namespace"])
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.format == .json)
    }

    @Test("What a file lacks may come from the environment")
    func completes() throws {
        let configuration = try ConfigurationTests.load(
            "apiVersion: mainstay.dev/v1\nkind: Configuration\ncluster: {context: staging}\n",
            environment: ["MAINSTAY_SOURCE_URL": "/srv/planet.git", "MAINSTAY_CLUSTER_KUBECONFIG": "/k"])
        #expect(configuration.source.url == "/srv/planet.git")
        #expect(configuration.cluster.kubeconfig == "/k")
    }

    @Test("An empty variable takes away what the file says, where that may be left out")
    func empty() throws {
        let configuration = try ConfigurationTests.load(
            Self.minimal + "\ncluster: {kubeconfig: /a}\nallow: {namespaces: [a]}\n",
            environment: ["MAINSTAY_CLUSTER_KUBECONFIG": "", "MAINSTAY_ALLOW_NAMESPACES": ""])
        #expect(configuration.cluster.kubeconfig == nil)
        #expect(configuration.allow.namespaces == [])
    }

    @Test(
        "A wrong value is told by its variable",
        arguments: [
            ("MAINSTAY_SOURCE_INTERVAL", "5", "must be a duration such as 30s, 10m or 24h, not \"5\""),
            ("MAINSTAY_SOURCE_INTERVAL", "10ms", "must be at least 1s"),
            ("MAINSTAY_SOURCE_BRANCH", "", "must be the name of a branch, not \"\""),
            (
                "MAINSTAY_SOURCE_URL", "https://robot:hunter2@git.example.com/x.git",
                "it holds a password; take it out of the URL and name a password or token file"
            ),
            ("MAINSTAY_SERVER_LISTEN", "8080", "must be HOST:PORT, as in 127.0.0.1:8080, not \"8080\""),
            ("MAINSTAY_DATA_DIRECTORY", "", "must be a path, not empty"),
            ("MAINSTAY_LOG_LEVEL", "INFO", "must be debug, info, notice, warning or error, not \"INFO\""),
            ("MAINSTAY_LOG_FORMAT", "", "must be text or json, not \"\""),
            ("MAINSTAY_CLUSTER_CONTEXT", "staging", "needs MAINSTAY_CLUSTER_KUBECONFIG or cluster.kubeconfig"),
            ("MAINSTAY_SORCE_URL", "/x", "unknown variable; did you mean MAINSTAY_SOURCE_URL?"),
        ])
    func wrongValue(name: String, value: String, problem: String) {
        #expect(ConfigurationTests.problems(Self.minimal, environment: [name: value]) == ["\(name): \(problem)"])
    }

    @Test("Variables of others are left alone, also those that a cluster sets for a Service named mainstay")
    func others() throws {
        let names = [
            "HOME", "MAINSTAY_SERVER", "MAINSTAY_SERVICE_HOST", "MAINSTAY_SERVICE_PORT", "MAINSTAY_SERVICE_PORT_HTTP",
            "MAINSTAY_PORT", "MAINSTAY_PORT_8080_TCP", "MAINSTAY_PORT_8080_TCP_ADDR", "MAINSTAY_PORT_8080_TCP_PORT",
            "MAINSTAY_PORT_8080_TCP_PROTO",
        ]
        _ = try ConfigurationTests.load(
            Self.minimal, environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "x") }))
    }
}
