// SPDX-License-Identifier: Apache-2.0

/// A small monorepo: NATS and Postgres shared, an API and a Worker on top, plain YAML. Nothing in it says what comes
/// first: the addresses in the manifests do.
struct PlanetSample {
    private(set) var files: [String: String]

    init() {
        files = [
            "mainstay.yaml": Self.pipeline,
            "README.md": "# planet\n\nTwo services on NATS and Postgres. Merging to main deploys.\n",
            "apps/api/main.py": "print('api 1.0.0')\n",
            "apps/worker/main.py": "print('worker 1.0.0')\n",
            "k8s/infrastructure/nats.yaml": Self.stateful(
                "nats", image: "nats:2.10", ports: [("client", 4222), ("monitor", 8222)]),
            "k8s/infrastructure/postgres.yaml": Self.stateful(
                "postgres", image: "postgres:16", ports: [("postgres", 5432)]),
            "k8s/api/staging.yaml": Self.api,
            "k8s/worker/staging.yaml": Self.worker(tag: "1.0.0"),
        ]
    }

    mutating func setWorkerTag(_ tag: String) {
        files["k8s/worker/staging.yaml"] = Self.worker(tag: tag)
        files["apps/worker/main.py"] = "print('worker \(tag)')\n"
    }

    /// What a script of the team made by hand, outside git.
    static let namespaces = ["infrastructure", "staging"]
    static let secretName = "planet-database"

    private static let pipeline = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: infrastructure, namespace: infrastructure}
        - {name: staging, namespace: staging}
        applications:
        - name: nats
          environments: [infrastructure]
          path: k8s/infrastructure/nats.yaml
        - name: postgres
          environments: [infrastructure]
          path: k8s/infrastructure/postgres.yaml
        - name: api
          environments: [staging]
          path: k8s/api/{environment}.yaml
          images: [{name: registry.example.com/planet/api, tag: lastCommit, from: apps/api}]
          grace: 3s
          timeout: 1m
        - name: worker
          environments: [staging]
          path: k8s/worker/{environment}.yaml
          grace: 3s
          timeout: 1m

        """

    private static func stateful(_ name: String, image: String, ports: [(name: String, number: Int)]) -> String {
        let servicePorts = ports.map { "{name: \($0.name), port: \($0.number)}" }.joined(separator: ", ")
        let containerPorts = ports.map { "{name: \($0.name), containerPort: \($0.number)}" }.joined(separator: ", ")
        return """
            apiVersion: v1
            kind: Service
            metadata: {name: \(name)}
            spec:
              clusterIP: None
              selector: {app: \(name)}
              ports: [\(servicePorts)]
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: \(name)}
            spec:
              serviceName: \(name)
              replicas: 1
              selector: {matchLabels: {app: \(name)}}
              template:
                metadata: {labels: {app: \(name)}}
                spec:
                  containers:
                  - name: \(name)
                    image: \(image)
                    ports: [\(containerPorts)]
                    volumeMounts: [{name: data, mountPath: /data}]
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}

            """
    }

    private static let api = """
        apiVersion: v1
        kind: Service
        metadata: {name: api}
        spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec:
          replicas: 2
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec:
              containers:
              - name: api
                image: registry.example.com/planet/api
                ports: [{name: http, containerPort: 8080}]
                env:
                - {name: NATS_URL, value: "nats://nats.infrastructure.svc.cluster.local:4222"}
                - {name: DATABASE_HOST, value: postgres.infrastructure}
                - {name: DATABASE_URL, valueFrom: {secretKeyRef: {name: \(secretName), key: url}}}
                readinessProbe: {httpGet: {path: /health, port: http}}

        """

    private static func worker(tag: String) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: worker}
        spec:
          replicas: 2
          selector: {matchLabels: {app: worker}}
          template:
            metadata: {labels: {app: worker}}
            spec:
              containers:
              - name: worker
                image: registry.example.com/planet/worker:\(tag)
                env:
                - {name: NATS_URL, value: "nats://nats.infrastructure.svc.cluster.local:4222"}
                - {name: DATABASE_HOST, value: postgres.infrastructure}
                - {name: DATABASE_URL, valueFrom: {secretKeyRef: {name: \(secretName), key: url}}}
                - {name: GPU, value: simulated}
                resources: {requests: {cpu: 250m, memory: 512Mi}}

        """
    }
}
