// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Sandbox

@testable internal import Mainstay

/// An application with something of everything that others like to change.
enum Shop {
    static let path = "k8s/shop"

    static func files(pipeline entry: String = "") -> [String: String] {
        [
            "mainstay.yaml": Monorepo.pipeline([
                "{name: shop, environments: [staging], path: \(path), grace: 2s\(entry)}"
            ]),
            "\(path)/objects.yaml": objects,
            "\(path)/scaled.yaml": scaled,
        ]
    }

    static let objects = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: shop, labels: {team: shop}, annotations: {note: kept}}
        spec:
          replicas: 2
          strategy: {}
          selector: {matchLabels: {app: shop}}
          template:
            metadata: {labels: {app: shop}}
            spec:
              securityContext: {}
              initContainers:
              - {name: first, image: "example.com/first:1"}
              - {name: second, image: "example.com/second:1"}
              containers:
              - name: shop
                image: example.com/shop:1.0.0
                args: [serve, fast]
                env:
                - {name: LEVEL, value: info}
                - {name: EMPTY, value: ""}
                ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9090}]
                resources: {limits: {cpu: 1000m, memory: 0.5Gi}}
                volumeMounts: [{name: scratch, mountPath: /scratch}]
              volumes: [{name: scratch, emptyDir: {}}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: shop}
        spec:
          selector: {app: shop}
          ports: [{name: http, port: 80, targetPort: 8080}, {name: admin, port: 90, targetPort: 9090}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: shop}
        data: {level: info, colour: red}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: shop}
        stringData: {password: hunter2-planted}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: shop}
        spec:
          schedule: "0 3 1 1 *"
          jobTemplate:
            spec:
              template:
                spec: {restartPolicy: Never, containers: [{name: tidy, image: "example.com/tidy:1"}]}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec:
          template:
            spec: {restartPolicy: Never, containers: [{name: migrate, image: "example.com/migrate:1"}]}

        """

    /// A number of replicas that git leaves to others, and one that an autoscaler of git's sets.
    static let scaled = """
        \(Monorepo.deployment("free", image: "example.com/free:1", replicas: nil, environment: []))
        ---
        \(Monorepo.deployment("busy", image: "example.com/busy:1", replicas: 1, environment: []))
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: busy}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
          minReplicas: 2
          maxReplicas: 5

        """
}

/// What people and controllers do to a cluster, each under its own field manager.
struct Hands {
    enum Form: String {
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case json = "application/json-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    let cluster: SandboxCluster

    struct Refused: Error {
        var status: Int
        var text: String
    }

    @discardableResult
    func patch(_ path: String, as manager: String, _ body: Value) async throws -> Object {
        try await patch(path, as: manager, .merge, body)
    }

    @discardableResult
    func patch(
        _ path: String, as manager: String, _ form: Form, force: Bool = false, _ body: Value
    ) async throws -> Object {
        let query = "?fieldManager=\(manager)" + (force ? "&force=true" : "")
        return try await send("PATCH", path + query, form.rawValue, body)
    }

    func delete(_ path: String) async throws { try await send("DELETE", path, "application/json", [:]) }

    @discardableResult
    func post(_ path: String, as manager: String, _ body: Value) async throws -> Object {
        try await send("POST", "\(path)?fieldManager=\(manager)", "application/json", body)
    }

    /// `kubectl edit`: reads the object, changes it, sends it back.
    func edit(_ path: String, as manager: String = "kubectl-edit", _ change: (inout Object) -> Void) async throws {
        var object = try await send("GET", path, "application/json", nil)
        change(&object)
        try await send("PUT", "\(path)?fieldManager=\(manager)", "application/json", .object(object))
    }

    @discardableResult
    private func send(_ method: String, _ path: String, _ type: String, _ body: Value?) async throws -> Object {
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "content-type", value: type), (name: "user-agent", value: "hands/1")],
                body: body.map { JSON.bytes($0) } ?? []))
        guard case .bytes(let bytes) = answer.body else { throw Refused(status: answer.status, text: "a stream") }
        let value = try JSON.parse(bytes)
        guard (200..<300).contains(answer.status), let object = value.object else {
            throw Refused(status: answer.status, text: "\(method) \(path): \(value["message"]?.string ?? "")")
        }
        return object
    }
}

extension Object {
    /// What git could say of an object: without status, and without what the server and its controllers keep.
    var essence: Object {
        var object = self
        object["status"] = nil
        for key in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
            object.set(nil, at: "metadata", key)
        }
        object.set(nil, at: "metadata", "annotations", "deployment.kubernetes.io/revision")
        for key in ["clusterIP", "clusterIPs"] { object.set(nil, at: "spec", key) }
        return object
    }
}
