// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport

/// A repository of many services: a base and two overlays each, eight objects a service, and one kustomization a cluster
/// that names all of their overlays.
struct MonorepoSample {
    let repository: TemporaryRepository

    init(services: Int) throws {
        repository = try TemporaryRepository()
        for index in 0..<services { try write(service: Self.name(index)) }
        for environment in ["staging", "production"] {
            let overlays = (0..<services).map { "- ../../apps/\(Self.name($0))/overlays/\(environment)\n" }
            try repository.write(
                "resources:\n- namespace.yaml\n" + overlays.joined(), to: "clusters/\(environment)/kustomization.yaml")
            try repository.write(
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(environment)}\n",
                to: "clusters/\(environment)/namespace.yaml")
        }
        try repository.commit("Begin")
    }

    static func name(_ index: Int) -> String {
        let digits = String(index)
        return "service-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    var head: String { get throws { try repository.head() } }

    /// A commit to the base of one service.
    func touch(_ index: Int, round: Int) throws {
        let name = Self.name(index)
        try repository.commit("apps/\(name)/base/deployment.yaml", Self.deployment(name, round: round))
    }

    private func write(service name: String) throws {
        let base = "apps/\(name)/base"
        try repository.write(Self.deployment(name, round: 0), to: "\(base)/deployment.yaml")
        try repository.write(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: \(name)}
            spec:
              selector: {app: \(name)}
              ports: [{port: 80, targetPort: http}]

            """, to: "\(base)/service.yaml")
        try repository.write(Self.others(name), to: "\(base)/others.yaml")
        try repository.write(
            """
            resources: [deployment.yaml, service.yaml, others.yaml]
            configMapGenerator:
            - name: \(name)-settings
              literals: [LOG_LEVEL=info, PORT=8080]
            labels:
            - pairs: {app.kubernetes.io/part-of: bench}

            """, to: "\(base)/kustomization.yaml")
        for (environment, replicas) in [("staging", 1), ("production", 2)] {
            try repository.write(
                """
                namespace: \(environment)
                resources: [../../base]
                images: [{name: registry.example.com/\(name), newTag: v1.0.0}]
                replicas: [{name: \(name), count: \(replicas)}]
                patches:
                - patch: |-
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: \(name)}
                    spec: {template: {spec: {containers: [{name: app, env: [{name: STAGE, value: \(environment)}]}]}}}

                """, to: "apps/\(name)/overlays/\(environment)/kustomization.yaml")
        }
    }

    private static func deployment(_ name: String, round: Int) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
        spec:
          selector: {matchLabels: {app: \(name)}}
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              serviceAccountName: \(name)
              containers:
              - name: app
                image: registry.example.com/\(name):latest
                ports: [{containerPort: 8080, name: http}]
                envFrom: [{configMapRef: {name: \(name)-settings}}]
                env:
                - {name: NATS_URL, value: "nats://nats.infrastructure.svc.cluster.local:4222"}
                - {name: DATABASE_HOST, value: "postgres.infrastructure.svc.cluster.local"}
                - {name: ROUND, value: "\(round)"}
                resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 512Mi}}
                livenessProbe: {httpGet: {path: /health, port: http}, initialDelaySeconds: 30}
                readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}

        """
    }

    private static func others(_ name: String) -> String {
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: \(name)}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: \(name)}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(name)}
          minReplicas: 1
          maxReplicas: 10
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: \(name)}
        spec: {minAvailable: 1, selector: {matchLabels: {app: \(name)}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: \(name)}
        spec: {podSelector: {matchLabels: {app: \(name)}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: \(name)}
        spec:
          rules:
          - host: \(name).example.com
            http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: \(name), port: {number: 80}}}}]}

        """
    }
}
