// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport
internal import Testing

@Suite("mainstay init, validate and simulate", .timeLimit(.minutes(3)))
struct AuthorCommandTests {
    private static func deployment(_ tag: String) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec:
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec: {containers: [{name: api, image: "registry.example.com/api:\(tag)"}]}

        """
    }

    private func repository() throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try repository.commit("k8s/api/staging.yaml", Self.deployment("1.0.0"))
        return repository
    }

    @Test("init writes a pipeline that validates; what is there it overwrites only when told to")
    func initialize() async throws {
        let repository = try repository()
        let printed = try await Binary.run("init", repository.path, "--stdout")
        #expect(printed.status == 0)
        #expect(
            printed.output.contains("  path: k8s/api/{environment}.yaml")
                || printed.output.contains("  path: k8s/api/staging.yaml"))
        let file = "\(repository.path)/mainstay.yaml"
        #expect(!FileManager.default.fileExists(atPath: file))
        let written = try await Binary.run("init", repository.path)
        #expect(written.status == 0, "\(written.errors)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == printed.output)
        try repository.write("# ours\n", to: "mainstay.yaml")
        let refused = try await Binary.run("init", repository.path)
        #expect(refused.status == 2)
        #expect(refused.errors.contains("--force"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "# ours\n")
        #expect(try await Binary.run("init", repository.path, "--force").status == 0)
        let valid = try await Binary.run("validate", repository.path)
        #expect(valid.status == 0, "\(valid.output)")
        #expect(valid.output.hasSuffix("1 application in 1 environment, 1 object: no errors\n"))
        let empty = try TemporaryDirectory()
        #expect(try await Binary.run("init", empty.path).status == 1)
    }

    @Test("validate's exit status tells errors, warnings under --strict, and that there was nothing to check")
    func validate() async throws {
        let repository = try repository()
        let nothing = try await Binary.run("validate", repository.path)
        #expect(nothing.status == 2)
        #expect(nothing.errors.contains("mainstay init"))
        #expect(try await Binary.run("init", repository.path).status == 0)
        try repository.write(Self.deployment("latest"), to: "k8s/api/staging.yaml")
        #expect(try await Binary.run("validate", repository.path).status == 0)
        let strict = try await Binary.run("validate", repository.path, "--strict", "-o", "github")
        #expect(strict.status == 1)
        #expect(strict.output.hasPrefix("::warning file=k8s/api/staging.yaml,line=8,col="), "\(strict.output)")
        try repository.write(Self.deployment("1").replacing("image:", with: "imagee:"), to: "k8s/api/staging.yaml")
        let wrong = try await Binary.run("validate", repository.path, "-o", "json")
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("\"errors\": 1"))
    }

    @Test("simulate goes from the commit before to the files as they are, and tells failures by its exit status")
    func simulate() async throws {
        let repository = try repository()
        #expect(try await Binary.run("init", repository.path).status == 0)
        try repository.commit("Add a pipeline")
        try repository.write(Self.deployment("2.0.0"), to: "k8s/api/staging.yaml")
        let fine = try await Binary.run("simulate", repository.path)
        #expect(fine.status == 0, "\(fine.output) \(fine.errors)")
        #expect(fine.output.contains("base: HEAD ("))
        #expect(fine.output.contains("merged: the files as they are"))
        #expect(fine.output.contains("  ok      api in "))
        let failing = try await Binary.run("simulate", repository.path, "--fail", "api=CrashLoopBackOff")
        #expect(failing.status == 1)
        #expect(failing.output.contains("; rolled back to \(try repository.head().prefix(7)), which is healthy"))
        #expect(
            try await Binary.run("simulate", repository.path, "--fail", "api=CrashLoopBackOff").output == failing.output
        )
        let unknown = try await Binary.run("simulate", repository.path, "--fail", "apy=Error")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("did you mean \"api\"?"))
        try repository.commit("Release")
        let committed = try await Binary.run("simulate", repository.path, "--to", "HEAD", "--from", "HEAD~1")
        #expect(committed.status == 0, "\(committed.output)")
        #expect(try await Binary.run("simulate", repository.path, "--to", "v9").status == 2)
    }
}
