// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Manifests
import Reconciler
import Testing

@testable import Mainstay

/// The configurations that the project ships are those that the daemon reads.
@Suite("Sample configurations")
struct SampleConfigurationTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let sample = root + "/config/mainstay.yaml"

    @Test("config/mainstay.yaml is read as it is, and states the defaults")
    func sampleStatesDefaults() throws {
        let loaded = try ConfigurationFile.load(Self.sample, environment: [:])
        var expected = Configuration()
        expected.source.url = loaded.source.url
        #expect("\(loaded)" == "\(expected)")
    }

    @Test("Every key that the sample shows in a comment is one that the daemon knows")
    func commentedKeys() throws {
        let loaded = try Self.load(try Self.uncommented())
        #expect(loaded.cluster.context == "staging")
        #expect(loaded.cluster.kubeconfig == "/etc/mainstay/kubeconfig")
        #expect(loaded.source.credentials.knownHostsFile == "/etc/mainstay/known_hosts")
        // Nothing that can be configured is left out of the sample.
        #expect(!"\(loaded)".contains("nil"))
    }

    @Test("Every key of the sample can be set by the environment variable that its path spells")
    func variables() throws {
        let complete = try Self.uncommented()
        let document = try #require(try YAML.documents(Array(complete.utf8), file: "mainstay.yaml").first)
        var variables: [String: String] = [:]
        Self.collect(document.value, "MAINSTAY", into: &variables)
        #expect(variables["MAINSTAY_SOURCE_INTERVAL"] == "30s")
        let fromVariables = try Self.load("apiVersion: mainstay.dev/v1\nkind: Configuration\n", environment: variables)
        #expect("\(fromVariables)" == "\(try Self.load(complete))")
    }

    @Test("The configuration of the pod is one that the daemon reads, and fits the namespaces of the manifests")
    func pod() throws {
        let loaded = try ConfigurationFile.load(Self.root + "/deploy/kubernetes/mainstay.yaml", environment: [:])
        #expect(loaded.cluster.kubeconfig == nil)
        #expect(ListenAddress(loaded.server.listen)?.isLoopback == false)
        let bound = try FileManager.default.contentsOfDirectory(atPath: Self.root + "/deploy/kubernetes/namespaces")
        #expect(loaded.allow.namespaces.sorted() == bound.sorted())
    }

    // MARK: Pieces

    private static func load(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
        let file = FileReader { _, _ in Array(text.utf8) }
        return try ConfigurationFile.load("/etc/mainstay/mainstay.yaml", environment: environment, files: file)
    }

    /// The sample with every key in force: a key that has no default stands behind a `#` without a space.
    private static func uncommented() throws -> String {
        let text = try String(contentsOfFile: sample, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in line.replacing(/^(\s*)#(?=\w)/) { match in match.output.1 } }
            .joined(separator: "\n")
    }

    /// Leaves by the variable that sets them; lists joined by commas.
    private static func collect(_ value: Value, _ name: String, into variables: inout [String: String]) {
        switch value {
        case .object(let object):
            for pair in object.pairs where pair.key != "apiVersion" && pair.key != "kind" {
                collect(pair.value, "\(name)_\(pair.key.uppercased())", into: &variables)
            }
        case .array(let items): variables[name] = items.compactMap(\.string).joined(separator: ",")
        case .string(let text): variables[name] = text
        default: break
        }
    }
}
