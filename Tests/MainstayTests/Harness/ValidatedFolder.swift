// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing

@testable internal import Mainstay

/// A sound repository of one application in two environments, and what `validate` says of it after changes.
enum ValidatedFolder {
    static let pipeline = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: staging, namespace: staging}
        - {name: production, namespace: production}
        applications:
        - name: api
          environments: [staging, production]
          path: k8s/api
          images: [{name: example.com/api, tag: lastCommit, from: apps/api}]
          verify: [{http: {service: api, port: http, path: /health}}]

        """

    static let files = [
        "mainstay.yaml": pipeline,
        "apps/api/main.py": "print('api')\n",
        "k8s/api/service.yaml": Monorepo.service("api"),
        "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api", environment: []),
    ]

    static func output(
        _ changes: [String: String?] = [:], daemon: ConfigurationReview? = nil, zones: TimeZones = .utcOnly
    ) async throws -> ValidationOutput {
        let directory = try TemporaryDirectory()
        var files = files
        for (path, text) in changes { files[path] = text }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: path) }
        return ValidationOutput(
            report: try await Validation(configuration: daemon, timeZones: zones).report(
                on: PipelineFolder(directory.path)))
    }

    /// The lines but for the summary.
    static func lines(
        _ changes: [String: String?], daemon: ConfigurationReview? = nil, zones: TimeZones = .utcOnly
    ) async throws -> [String] {
        try await output(changes, daemon: daemon, zones: zones).text.split(separator: "\n").dropLast().map(String.init)
    }

    static func replaced(_ file: String, _ old: String, _ new: String) throws -> [String: String?] {
        let text = try #require(files[file])
        let changed = text.replacing(old, with: new)
        try #require(changed != text, "\(old) is not in \(file)")
        return [file: changed]
    }
}
