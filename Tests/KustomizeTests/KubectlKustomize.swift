// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The real `kubectl kustomize`, where one of the right version is installed.
struct KubectlKustomize: Sendable {
    enum Answer: Sendable {
        case printed(String)
        case refused(String)
    }

    static let version = "kustomize v5.8.1 (kubectl 1.37)"

    /// The one on the path, or the one that `deploy/test.sh` installs.
    static let installed: KubectlKustomize? = {
        let tools = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/tools/bin")
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in [tools.standardized.path] + paths {
            let kubectl = KubectlKustomize(path: "\(folder)/kubectl")
            guard FileManager.default.isExecutableFile(atPath: kubectl.path),
                let answer = try? Command.run(
                    kubectl.path, ["version", "--client", "-o", "json"], environment: environment),
                answer.status == 0, answer.text.contains("\"kustomizeVersion\": \"v5.8.1\"")
            else { continue }
            return kubectl
        }
        return nil
    }()

    static let hint: Comment = "deploy/test.sh installs the kubectl that these tests compare with"

    /// Nothing of the machine's: no configuration, no network by proxy.
    private static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]

    let path: String

    /// Builds a folder of a tree, which is written to disk for that.
    func build(_ target: String, of files: [String: [UInt8]]) async throws -> Answer {
        let directory = try TemporaryDirectory()
        for (path, bytes) in files {
            let file = URL(filePath: "\(directory.path)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let folder = "\(directory.path)/\(target)"
        let child = try Child(
            path, ["kustomize", folder], environment: Self.environment, input: "/dev/null",
            output: "\(directory.path)/.output", errors: "\(directory.path)/.errors")
        let status = try await child.ended(within: .seconds(60))
        let name = status == 0 ? ".output" : ".errors"
        let text = try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
        return status == 0 ? .printed(text) : .refused(text.replacing("\(directory.path)/", with: ""))
    }
}
