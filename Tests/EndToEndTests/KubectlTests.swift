// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

/// The `kubectl` on the path, where it is of the version that these tests were written against.
enum Kubectl {
    static let version = "1.37"

    static let isThere: Bool = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let answer = try? Command.run(
            "kubectl", ["version", "--client", "-o", "json"], environment: ["PATH": path, "HOME": home])
        return answer?.status == 0 && answer?.text.contains("\"gitVersion\": \"v\(version).") == true
    }()

    static let hint: Comment =
        "put kubectl \(version) on the PATH as `kubectl`, and run `swift test --filter KubectlTests`"
}

@Suite("The sandbox under a real kubectl", .serialized, .enabled(if: Kubectl.isThere, Kubectl.hint))
struct KubectlTests {
    private static let manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "example.com/web:1.0.0"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}

        """

    private func apply(to sandbox: SandboxProcess) async throws {
        let file = try sandbox.directory.write(Self.manifest, to: "web.yaml")
        try await sandbox.kubectl("apply", "--server-side", "-f", file)
    }

    @Test("apply, rollout status, get in every form, logs, describe, watch, delete")
    func everyday() async throws {
        let sandbox = try await SandboxProcess()
        let file = try sandbox.directory.write(Self.manifest, to: "web.yaml")
        #expect(
            try await sandbox.kubectl("apply", "--server-side", "-f", file) == """
                deployment.apps/web serverside-applied
                service/web serverside-applied

                """)
        let rollout = try await sandbox.rolloutOfWeb()
        #expect(rollout.contains("deployment \"web\" successfully rolled out"))

        let pods = try await sandbox.kubectl("get", "pods", "-o", "wide")
        let header = pods.split(separator: "\n").first.map { $0.split(separator: " ").map(String.init) } ?? []
        #expect(header.starts(with: ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]))
        #expect(pods.split(separator: "\n").count { $0.contains("1/1") && $0.contains("Running") } == 2)

        let json = try JSON.parse(Array(try await sandbox.kubectl("get", "deployment", "web", "-o", "json").utf8))
        #expect(json["status"]?["readyReplicas"]?.integer == 2)
        let yaml = try await sandbox.kubectl("get", "service", "web", "-o", "yaml")
        #expect(try YAML.documents(Array(yaml.utf8), file: "service").first?.value["kind"]?.string == "Service")
        let names = try await sandbox.kubectl("get", "deployments,services", "-l", "app=web", "-o", "name")
        #expect(names == "deployment.apps/web\n")

        let pod = try #require(pods.split(separator: "\n").dropFirst().first?.split(separator: " ").first)
        #expect(try await sandbox.kubectl("logs", String(pod)).contains("example.com/web:1.0.0"))
        let description = try await sandbox.kubectl("describe", "deployment", "web")
        #expect(description.contains("Replicas:") && description.contains("2 available"))

        let watch = try sandbox.start("get", "deployments", "-w", "-o", "name")
        _ = try await watch.line(after: "deployment.apps/", in: \.output)
        #expect(try await sandbox.kubectl("scale", "deployment/web", "--replicas=3") == "deployment.apps/web scaled\n")
        try await eventually("the watch tells of the change", or: { watch.output }) {
            watch.output.split(separator: "\n").count > 1 ? () : nil
        }

        #expect(try await sandbox.kubectl("delete", "-f", file, "--timeout=30s").contains("\"web\" deleted"))
        try await eventually("the pods go with their Deployment") {
            try await sandbox.kubectl("get", "pods", "-o", "name").isEmpty ? () : nil
        }
    }

    @Test("A conflict with another manager, and a manifest that is wrong, are refused as a server refuses them")
    func refusals() async throws {
        let sandbox = try await SandboxProcess()
        try await apply(to: sandbox)
        let other = try sandbox.directory.write(
            Self.manifest.replacing("replicas: 2", with: "replicas: 5"), to: "other.yaml")
        let conflict = try await sandbox.refused(
            "apply", "--server-side", "--field-manager=other", "-f", other)
        #expect(conflict.contains("conflict with \"kubectl\"") && conflict.contains(".spec.replicas"))

        let wrong = try sandbox.directory.write(
            Self.manifest.replacing("matchLabels: {app: web}", with: "matchLabels: {app: other}")
                .replacing("name: web,", with: "name: wrong,"), to: "wrong.yaml")
        let refusal = try await sandbox.refused("apply", "--server-side", "-f", wrong)
        #expect(refusal.contains("`selector` does not match template `labels`"))
    }

    @Test("Who is asking counts: certificates, tokens of service accounts, and acting as somebody else")
    func access() async throws {
        let sandbox = try await SandboxProcess()
        #expect(try await sandbox.kubectl("auth", "whoami").contains("kubernetes-admin"))
        try await sandbox.kubectl("create", "namespace", "t")
        try await sandbox.kubectl("create", "serviceaccount", "robot", "-n", "t")
        let robot = "--as=system:serviceaccount:t:robot"
        #expect(try await sandbox.refused("get", "pods", "-n", "t", robot).contains("cannot list resource \"pods\""))
        try await sandbox.kubectl(
            "create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=t:robot", "-n", "t")
        _ = try await eventually("the aggregated role has its rules") {
            try? await sandbox.kubectl("auth", "can-i", "list", "pods", "-n", "t", robot)
        }
        #expect(try await sandbox.kubectl("auth", "can-i", "--list", "-n", "t", robot).contains("pods/log"))

        // A certificate in the kubeconfig comes before a token: the token gets a kubeconfig of its own.
        let token = try await sandbox.kubectl("create", "token", "robot", "-n", "t")
        let own = try sandbox.kubeconfig(token: token.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(
            try await sandbox.kubectl("--kubeconfig", own, "auth", "whoami").contains("system:serviceaccount:t:robot"))
        #expect(
            try await sandbox.refused("--kubeconfig", own, "create", "namespace", "other").contains("Forbidden"))
        try await sandbox.kubectl("delete", "serviceaccount", "robot", "-n", "t")
        #expect(try await sandbox.refused("--kubeconfig", own, "auth", "whoami").contains("Unauthorized"))
    }

    @Test("A rollout that cannot finish shows, and undo brings the old one back")
    func undo() async throws {
        let sandbox = try await SandboxProcess()
        try await apply(to: sandbox)
        try await sandbox.rolloutOfWeb()
        try await sandbox.kubectl("set", "image", "deployment/web", "web=example.com/web:1.1.0-missing")
        try await eventually("the new pod cannot pull") {
            try await sandbox.kubectl("get", "pods").contains("ImagePull") ? () : nil
        }
        try await sandbox.kubectl("rollout", "undo", "deployment/web")
        let rollout = try await sandbox.rolloutOfWeb()
        #expect(rollout.contains("successfully rolled out"))
    }
}

/// A sandbox of its own, and kubectl pointed at it.
final class SandboxProcess {
    let directory: TemporaryDirectory
    /// Beside what every kubectl gets.
    var environment: [String: String] = [:]
    private let process: Running
    private let kubeconfig: String

    init() async throws {
        directory = try TemporaryDirectory()
        kubeconfig = "\(directory.path)/kubeconfig"
        process = try Running(Binary.path, ["sandbox", "--kubeconfig-out", kubeconfig])
        _ = try await process.line(after: "sandbox  ", in: \.output)
    }

    /// One like its own, with a token in the place of the administrator's certificate.
    func kubeconfig(token: String) throws -> String {
        let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
            .replacing(/client-certificate-data: [^}]*/, with: "token: \(token)")
        return try directory.write(text, to: "token-kubeconfig")
    }

    func start(_ arguments: String...) throws -> Running { try start(arguments) }

    private func start(_ arguments: [String]) throws -> Running {
        let standard = ["KUBECACHEDIR": "\(directory.path)/cache", "KUBERC": "off"]
        return try Running(
            "kubectl", ["--kubeconfig", kubeconfig] + arguments,
            environment: standard.merging(environment) { _, own in own })
    }

    /// What it printed.
    ///
    /// - Throws: what it complained of where it failed.
    @discardableResult
    func kubectl(_ arguments: String...) async throws -> String { try await kubectl(arguments) }

    /// - Parameter exits: the status that it ends with; `diff` has one for what differs.
    func kubectl(_ arguments: [String], exits status: Int32 = 0) async throws -> String {
        let process = try start(arguments)
        guard try await process.ended(within: .seconds(90)) == status else {
            throw Command.Failure(arguments: arguments, text: process.output + process.errors)
        }
        return process.output
    }

    /// What it complained of.
    func refused(_ arguments: String...) async throws -> String { try await refused(arguments) }

    func refused(_ arguments: [String]) async throws -> String {
        let process = try start(arguments)
        guard try await process.ended(within: .seconds(90)) != 0 else {
            throw Command.Failure(arguments: arguments, text: "was not refused: \(process.output)")
        }
        return process.errors
    }
}
