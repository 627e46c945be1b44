// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

/// A monorepo as many teams have it: plain files, one for an application and an environment, no kustomization.
@Suite struct PlainManifestTests {
    private static func deployment(_ name: String, replicas: Int, image: String) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
          labels: &labels
            app: \(name)
        spec:
          replicas: \(replicas)
          selector:
            matchLabels: *labels
          template:
            metadata:
              labels: *labels
            spec:
              initContainers:
              - name: migrate
                image: \(image)
              containers:
              - name: \(name)
                image: \(image)
                env:
                - name: NATS_URL
                  value: nats://nats.infrastructure.svc.cluster.local:4222
                - name: DATABASE_PASSWORD
                  valueFrom:
                    secretKeyRef: {name: database, key: password}

        """
    }

    private static let service = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}}\n"

    private static let tree = MemoryTree([
        "k8s/infrastructure/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: infrastructure}\n",
        "k8s/infrastructure/nats-deployment.yaml": """
        # Messages between all services.
        ---
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Service
          metadata: {name: nats, namespace: infrastructure}
          spec: {selector: {app: nats}, ports: [{port: 4222}]}
        - apiVersion: apps/v1
          kind: StatefulSet
          metadata: {name: nats, namespace: infrastructure}
          spec: {serviceName: nats}
        ---
        # The end.

        """,
        "k8s/infrastructure/README.md": "how to",
        "k8s/api/staging-deployment.yaml": "---\n" + service + "---\n"
            + deployment("api", replicas: 1, image: "registry.example.com:5000/planet/api:latest") + "---\n",
        "k8s/api/production-deployment.yaml": deployment(
            "api", replicas: 3, image: "registry.example.com:5000/planet/api:1.4@sha256:abc"
        ).replacing("\n", with: "\r\n"),
        "k8s/api/database.yaml": """
        apiVersion: v1
        kind: Secret
        metadata: {name: database}
        stringData: {password: p4ss}

        """,
    ])

    private func render(_ path: String, namespace: String, tag: String? = nil) throws -> [Manifest] {
        let images = tag.map { [ImageOverride(name: "registry.example.com:5000/planet/api", newTag: $0)] } ?? []
        let request = RenderRequest(path: path, namespace: namespace, images: images)
        return try Renderer.render(request, from: Self.tree).manifests
    }

    @Test("One file of an environment gives its documents, with the environment's namespace and image")
    func staging() throws {
        let manifests = try render("k8s/api/staging-deployment.yaml", namespace: "staging", tag: "3f2a91c")
        #expect(manifests.map(\.id.description) == ["Service staging/api", "Deployment staging/api"])
        #expect(manifests.map(\.origin.line) == [2, 7])
        let pod = manifests[1].object.value(at: "spec", "template", "spec")
        #expect(pod?["containers"]?[0]?["image"] == "registry.example.com:5000/planet/api:3f2a91c")
        #expect(pod?["initContainers"]?[0]?["image"] == "registry.example.com:5000/planet/api:3f2a91c")
        #expect(manifests[1].object.value(at: "spec", "selector", "matchLabels") == ["app": "api"])
    }

    @Test("A file with Windows line ends reads the same, and a tag takes the place of a digest")
    func production() throws {
        let manifests = try render("k8s/api/production-deployment.yaml", namespace: "production", tag: "3f2a91c")
        #expect(manifests.map(\.id.description) == ["Deployment production/api"])
        #expect(manifests[0].object.value(at: "spec", "replicas") == 3)
        let containers = manifests[0].object.value(at: "spec", "template", "spec", "containers")
        #expect(containers?[0]?["image"] == "registry.example.com:5000/planet/api:3f2a91c")
        let unchanged = try render("k8s/api/production-deployment.yaml", namespace: "production")
        let kept = unchanged[0].object.value(at: "spec", "template", "spec", "containers")
        #expect(kept?[0]?["image"] == "registry.example.com:5000/planet/api:1.4@sha256:abc")
    }

    @Test("A folder gives what its files hold by name: lists opened, comments and other files passed over")
    func infrastructure() throws {
        let manifests = try render("k8s/infrastructure", namespace: "ignored")
        #expect(
            manifests.map(\.id.description) == [
                "Namespace infrastructure", "Service infrastructure/nats", "StatefulSet infrastructure/nats",
            ])
        #expect(manifests.map(\.origin.file).last == "k8s/infrastructure/nats-deployment.yaml")
    }

    @Test("A folder that holds one object for two environments is refused with both places")
    func mixedFolder() {
        let error = #expect(throws: RenderErrors.self) { try render("k8s/api", namespace: "staging") }
        #expect(
            error?.description
                == "k8s/api/staging-deployment.yaml:7: Deployment staging/api is there already, "
                + "from k8s/api/production-deployment.yaml:1 (remove one of the two)")
    }

    @Test("Plain words are what kubectl apply takes them for, and in a build what kubectl kustomize does")
    func dialects() throws {
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {switch: on, axis: y}\n"
        let tree = MemoryTree([
            "plain/c.yaml": object, "build/c.yaml": object, "build/kustomization.yaml": "resources: [c.yaml]",
        ])
        func data(_ path: String) throws -> Value? {
            try Renderer.render(RenderRequest(path: path), from: tree).manifests[0].object["data"]
        }
        #expect(try data("plain") == ["switch": true, "axis": true])
        #expect(try data("build") == ["switch": "on", "axis": "y"])
    }
}
