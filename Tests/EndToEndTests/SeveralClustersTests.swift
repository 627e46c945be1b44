// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

@Suite("A daemon with two clusters, as processes", .serialized, .timeLimit(.minutes(3)))
struct SeveralClustersTests {
    @Test("Each environment is in its own cluster, for the daemon as for plan, validate and graph")
    func both() async throws {
        let installation = try await Installation()
        let second = try Running(
            Binary.path, ["sandbox", "--kubeconfig-out", "\(installation.directory.path)/east", "--open"])
        let east = LoopbackClient(server: try await second.line(after: "sandbox  ", in: \.output))
        try await east.post(
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]], to: "/api/v1/namespaces")
        let text = try String(contentsOfFile: installation.configuration, encoding: .utf8)
        try installation.directory.write(
            text + "clusters: [{name: east, kubeconfig: ./east}]\n", to: "mainstay.yaml")
        for environment in ["one", "two"] {
            try installation.repository.write(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {of: \(environment)}\n",
                to: "\(environment).yaml")
        }
        let commit = try installation.repository.commit(
            "mainstay.yaml",
            """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [{name: one, namespace: staging}, {name: two, namespace: staging, cluster: east}]
            applications: [{name: settings, environments: [one, two], path: "{environment}.yaml"}]

            """, message: "two clusters")
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        _ = try await eventually("both are there", or: { daemon.errors }) { () -> Bool? in
            let items = try JSON.parse(Array(try await client.get("/api/v1/applications").text.utf8))["items"]?.array
            let isDone = items?.count == 2 && items?.allSatisfy { $0["revision"]?.string == commit } == true
            return isDone ? true : nil
        }
        let path = "/api/v1/namespaces/staging/configmaps/settings"
        for (cluster, name) in [(installation.cluster, "one"), (east, "two")] {
            let live = try JSON.parse(Array(try await cluster.get(path).text.utf8))
            #expect(live["data"]?["of"]?.string == name)
        }

        let repository = installation.repository.path
        let same = try await Binary.run("plan", repository, "--config", installation.configuration)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        #expect(same.output.hasPrefix("the repository: 2 unchanged\n"))
        let one = try await Binary.run("plan", repository, "--kubeconfig", installation.kubeconfig)
        #expect(one.status == 2 || one.status == 1, "both of them in one cluster are not what runs there")
        let valid = try await Binary.run("validate", repository, "--config", installation.configuration)
        #expect(valid.status == 0, "\(valid.output)\(valid.errors)")
        let picture = try await Binary.run("graph", repository)
        #expect(picture.status == 0 && picture.output.contains("the cluster east:\n"), "\(picture.errors)")
        let dot = try await Binary.run("graph", repository, "-o", "dot")
        #expect(dot.status == 2 && dot.errors.contains("name one with --environment"))
        let status = try await Binary.run("status", "--server", client.server)
        #expect(status.output.contains("cluster  east ") && status.output.contains("\neast "), "\(status.output)")

        // Two names for one cluster would make two objects of each.
        let twice = try installation.directory.write(
            text.replacing("./data", with: "./other") + "clusters: [{name: east, kubeconfig: ./kubeconfig}]\n",
            to: "twice.yaml")
        let refused = try await Binary.run("run", "--config", twice)
        #expect(refused.status == 2 && refused.errors.contains("one cluster has one name"), "\(refused.errors)")

        // Another name than the configuration has.
        try installation.directory.write(text, to: "mainstay.yaml")
        let unknown = try await Binary.run("validate", repository, "--config", installation.configuration)
        #expect(unknown.status == 1)
        #expect(unknown.output.contains("the daemon's configuration has no cluster east"), "\(unknown.output)")
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(20)) == 0)
    }
}
