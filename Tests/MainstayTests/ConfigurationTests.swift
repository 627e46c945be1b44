// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Kustomize
import Manifests
import Reconciler
import Testing

@testable import Mainstay

@Suite("Configuration")
struct ConfigurationTests {
    static let minimal = """
        apiVersion: mainstay.dev/v1
        kind: Configuration
        source: {url: "https://git.example.com/planet.git"}
        """

    private static let workingDirectory = FileManager.default.currentDirectoryPath

    /// Reads a text as the file `/etc/mainstay/mainstay.yaml`.
    static func load(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationFile.load(
            "/etc/mainstay/mainstay.yaml", environment: environment, files: FileReader { _, _ in Array(text.utf8) })
    }

    /// What is wrong with a text, without the name of the file.
    static func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
        let error = #expect(throws: ConfigurationError.self) { _ = try load(text, environment: environment) }
        return (error?.problems ?? []).map { $0.replacing("/etc/mainstay/mainstay.yaml:", with: "") }
    }

    @Test("Only the repository has to be named; the rest has defaults")
    func defaults() throws {
        let configuration = try Self.load(Self.minimal)
        #expect(configuration.source.url == "https://git.example.com/planet.git")
        #expect(configuration.source.branch == "main")
        #expect(configuration.source.interval == .seconds(30))
        #expect(configuration.cluster.kubeconfig == nil)
        #expect(configuration.cluster.context == nil)
        #expect(configuration.dataDirectory == "/var/lib/mainstay")
        #expect(configuration.history == .seconds(90 * 86_400))
        #expect(configuration.server.listen == "127.0.0.1:8080")
        #expect(configuration.allow.namespaces == [])
        #expect(configuration.allow.kinds == [])
        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .text)
    }

    @Test("How long the past is kept is said once for all, and is at least a day")
    func history() throws {
        #expect(try Self.load(Self.minimal + "\ndata: {history: 400d}\n").history == .seconds(400 * 86_400))
        let variable = ["MAINSTAY_DATA_HISTORY": "48h"]
        #expect(try Self.load(Self.minimal, environment: variable).history == .seconds(172_800))
        #expect(
            Self.problems(Self.minimal + "\ndata: {history: 1h}\n").first?.contains("must be at least 24h") == true)
        #expect(
            Self.problems(Self.minimal, environment: ["MAINSTAY_DATA_HISTORY": "0s"])
                == ["MAINSTAY_DATA_HISTORY: must be at least 24h"])
    }

    @Test("Limits of rendering are read one by one, and none may be nothing")
    func renderLimits() throws {
        let moved = try Self.load(Self.minimal + "\nrender: {files: 7, depth: 3, aliasedNodes: 11}\n")
        #expect(moved.render.files == 7)
        #expect(moved.render.depth == 3)
        #expect(moved.render.yaml.aliasedNodes == 11)
        #expect(moved.render.objects == 500_000)
        let byVariable = try Self.load(Self.minimal, environment: ["MAINSTAY_RENDER_TOTALBYTES": "4096"])
        #expect(byVariable.render.totalBytes == 4096)
        #expect(
            Self.problems(Self.minimal + "\nrender: {objects: 0}\n")
                == ["4:19: render.objects: must be at least 1"])
        #expect(
            Self.problems(Self.minimal, environment: ["MAINSTAY_RENDER_FILES": "many"])
                == ["MAINSTAY_RENDER_FILES: must be a whole number, not \"many\""])
    }

    @Test("Every key is read; relative paths are relative to the file")
    func everyKey() throws {
        let configuration = try Self.load(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source:
              url: ssh://git@git.example.com/planet.git
              branch: release/2
              interval: 1m30s
              credentials:
                username: robot
                passwordFile: secrets/password
                tokenFile: /run/token
                sshKeyFile: secrets/key
                sshPassphraseFile: secrets/passphrase
                knownHostsFile: ./known_hosts
            cluster: {kubeconfig: kubeconfig, context: staging}
            data: {directory: state}
            server: {listen: "[::1]:9090"}
            allow: {namespaces: [staging, production], kinds: [Namespace, ClusterRole.rbac.authorization.k8s.io]}
            log: {level: debug, format: json}
            """)
        #expect(configuration.source.url == "ssh://git@git.example.com/planet.git")
        #expect(configuration.source.branch == "release/2")
        #expect(configuration.source.interval == .seconds(90))
        let credentials = configuration.source.credentials
        #expect(credentials.username == "robot")
        #expect(credentials.passwordFile == "/etc/mainstay/secrets/password")
        #expect(credentials.tokenFile == "/run/token")
        #expect(credentials.sshKeyFile == "/etc/mainstay/secrets/key")
        #expect(credentials.sshPassphraseFile == "/etc/mainstay/secrets/passphrase")
        #expect(credentials.knownHostsFile == "/etc/mainstay/./known_hosts")
        #expect(configuration.cluster.kubeconfig == "/etc/mainstay/kubeconfig")
        #expect(configuration.cluster.context == "staging")
        #expect(configuration.dataDirectory == "/etc/mainstay/state")
        #expect(configuration.server.listen == "[::1]:9090")
        #expect(configuration.allow.namespaces == ["staging", "production"])
        #expect(configuration.allow.kinds == ["Namespace", "ClusterRole.rbac.authorization.k8s.io"])
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.format == .json)
    }

    @Test(
        "Relative paths begin where the file is, whatever its own path begins with",
        arguments: [
            ("mainstay.yaml", "\(workingDirectory)/kubeconfig"),
            ("conf/mainstay.yaml", "\(workingDirectory)/conf/kubeconfig"), ("/mainstay.yaml", "/kubeconfig"),
        ])
    func relativeFile(file: String, kubeconfig: String) throws {
        let text = Self.minimal + "\ncluster: {kubeconfig: kubeconfig}\n"
        let configuration = try ConfigurationFile.load(
            file, environment: [:], files: FileReader { _, _ in Array(text.utf8) })
        #expect(configuration.cluster.kubeconfig == kubeconfig)
    }

    @Test("Everything that is wrong is told at once, each with its place, the environment's variables too")
    func allAtOnce() {
        let problems = Self.problems(
            """
            apiVersion: mainstay.dev/v2
            kind: Configuraton
            source:
              ulr: https://git.example.com/planet.git
              branch: [main]
              interval: 500ms
              credentials: {tokenFil: hunter2, passwordFile: ""}
            server: {listen: "8080"}
            cluster: {context: staging}
            data: {directory: 7}
            log: {level: loud, format: xml}
            alow: {}
            """, environment: ["MAINSTAY_LOG_FORMAT": "yaml", "MAINSTAY_SOURCE_BRNCH": "x"])
        #expect(
            problems == [
                "1:13: apiVersion: must be mainstay.dev/v1, not \"mainstay.dev/v2\"",
                "2:7: kind: must be Configuration, not \"Configuraton\"",
                "4:3: source: unknown field \"ulr\"; did you mean \"url\"?",
                "4:3: source: \"url\" is missing: say which repository to follow, or set MAINSTAY_SOURCE_URL",
                "5:11: source.branch: must be a string, not a list",
                "6:13: source.interval: must be at least 1s",
                "7:17: source.credentials: unknown field \"tokenFil\"; did you mean \"tokenFile\"?",
                "7:50: source.credentials.passwordFile: must be a path, not empty",
                "8:18: server.listen: must be HOST:PORT, as in 127.0.0.1:8080, not \"8080\"",
                "9:20: cluster.context: needs cluster.kubeconfig: a pod's service account has no contexts",
                "10:19: data.directory: must be a string, not a number (quotes make it text)",
                "11:14: log.level: must be debug, info, notice, warning or error, not \"loud\"",
                "11:28: log.format: must be text or json, not \"xml\"",
                "12:1: unknown field \"alow\"; did you mean \"allow\"?",
                "MAINSTAY_LOG_FORMAT: must be text or json, not \"yaml\"",
                "MAINSTAY_SOURCE_BRNCH: unknown variable; did you mean MAINSTAY_SOURCE_BRANCH?",
            ])
        #expect(!problems.joined().contains("hunter2"))
    }

    @Test(
        "One mistake is told with its place",
        arguments: [
            ("", "1:1: the file is empty"),
            ("[]", "1:1: must be a map, not a list"),
            ("kind: Configuration", "1:1: \"apiVersion\" is missing"),
            (minimal + "\nserver: 8080", "4:9: server: must be a map, not a number"),
            (minimal + "\nserver: {listen: \":8080\"}", "4:18: server.listen: must be HOST:PORT"),
            (minimal + "\nallow: {namespaces: staging}", "4:21: allow.namespaces: must be a list, not a string"),
            (minimal + "\nallow: {kinds: [1]}", "4:17: allow.kinds[0]: must be a string"),
            (minimal + "\ndata: {directory: \"\"}", "4:19: data.directory: must be a path, not empty"),
            (minimal + "\n---\na: 1", "5:1: the file must hold one document"),
        ])
    func oneMistake(text: String, problem: String) {
        let problems = Self.problems(text).joined(separator: "\n")
        #expect(problems.contains(problem))
    }

    @Test("Further clusters have names and kubeconfigs of their own")
    func clusters() throws {
        #expect(try Self.load(Self.minimal).clusters.isEmpty)
        let configuration = try Self.load(
            Self.minimal + "\nclusters: [{name: production, kubeconfig: ./production, context: admin}, "
                + "{name: east-1, kubeconfig: /k}]\n")
        #expect(configuration.clusters.map(\.name) == ["production", "east-1"])
        #expect(configuration.clusters.map(\.cluster.kubeconfig) == ["/etc/mainstay/./production", "/k"])
        #expect(configuration.clusters.map(\.cluster.context) == ["admin", nil])
    }

    @Test(
        "What is wrong with a further cluster is told with its place",
        arguments: [
            (
                "[{name: a, kubeconfig: k}, {name: b, kubeconfig: k}, {name: a, kubeconfig: l}]",
                "name the cluster \"a\" twice: give each a name of its own"
            ),
            ("[{name: a}]", "clusters[0]: \"kubeconfig\" is missing: only the default cluster"),
            ("[{name: a, kubeconfig: \"\"}]", "clusters[0].kubeconfig: must be a path, not empty"),
            ("[{kubeconfig: k}]", "\"name\" is missing"),
            ("[{name: Prod_1, kubeconfig: k}]", "clusters[0].name: must be a name of lower-case letters"),
            ("[{name: default, kubeconfig: k}]", "clusters[0].name: is what the cluster under `cluster` is called"),
            ("[{name: a, kubeconfig: k, contxt: c}]", "unknown field \"contxt\"; did you mean \"context\"?"),
            ("{name: a}", "clusters: must be a list, not a map"),
        ])
    func wrongClusters(text: String, problem: String) {
        let problems = Self.problems(Self.minimal + "\nclusters: \(text)\n").joined(separator: "\n")
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test(
        "A repository's URL is checked when it is read, and a password in it is not repeated",
        arguments: [
            ("https://robot:hunter2@git.example.com/x.git", "it holds a password; take it out of the URL"),
            ("planet.git", "it is a relative path; write an absolute path or a URL"),
            ("ftp://git.example.com/x", "this kind of URL is not supported"),
            ("\"\"", "it is empty, too long, or has a space or control character"),
        ])
    func urls(url: String, problem: String) {
        let problems = Self.problems(
            "apiVersion: mainstay.dev/v1\nkind: Configuration\nsource: {url: \(url == "\"\"" ? url : "\"\(url)\"")}")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("3:15: source.url: \(problem)") == true)
        #expect(problems.first?.contains("hunter2") == false)
    }

    @Test(
        "What git would not take as a branch is refused",
        arguments: ["a b", "a..b", "-a", "/a", "a/", "a~1", "a^", "a:b", "a?", "a*", "a[b", #"a\\b"#, ""])
    func branches(branch: String) {
        let problems = Self.problems(
            Self.minimal.replacing(".git\"", with: ".git\", branch: \"\(branch)\""))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("source.branch: must be the name of a branch") == true)
    }

    @Test("A file that is no YAML is told with the place")
    func notYAML() {
        let problems = Self.problems(Self.minimal + "\nlog: {level: [}")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("4:") == true)
    }

    @Test("A file that cannot be read is told by name, with what to do")
    func unreadable() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.load(
                "/nowhere.yaml", environment: [:],
                files: FileReader { _, _ throws(FileReader.Failure) in throw FileReader.Failure("No such file") })
        }
        #expect(
            error?.description == """
                bad configuration:
                  "/nowhere.yaml": No such file; name the configuration with --config FILE
                """)
    }
}
