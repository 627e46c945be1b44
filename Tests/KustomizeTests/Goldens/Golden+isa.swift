// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// Many services: base with folders by kind, an overlay with deprecated and present forms of patches.
    static let isa = Golden(
        name: "isa", target: "overlays/staging",
        files: [
            "base/configmaps/shared.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: shared}
            data: {NATS_URL: "nats://nats:4222", LOG_LEVEL: info}

            """#,
            "base/deployments/agent.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: agent, labels: {app: agent, tier: service}}
            spec:
              replicas: 1
              selector: {matchLabels: {app: agent}}
              strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
              template:
                metadata: {labels: {app: agent}}
                spec:
                  containers:
                  - name: agent
                    image: registry.example.com/isa/agent:latest
                    envFrom: [{configMapRef: {name: shared}}, {secretRef: {name: agent-secrets}}]
                    env: [{name: PORT, value: "8080"}, {name: CONSUL_HOST, value: consul}]
                    ports: [{containerPort: 8080}]
                    readinessProbe: {httpGet: {path: /health, port: 8080}}

            """#,
            "base/deployments/auth.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: auth, labels: {app: auth, tier: service}}
            spec:
              replicas: 1
              selector: {matchLabels: {app: auth}}
              strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
              template:
                metadata: {labels: {app: auth}}
                spec:
                  containers:
                  - name: auth
                    image: registry.example.com/isa/auth:latest
                    envFrom: [{configMapRef: {name: shared}}, {secretRef: {name: auth-secrets}}]
                    env: [{name: PORT, value: "8080"}, {name: CONSUL_HOST, value: consul}]
                    ports: [{containerPort: 8080}]
                    readinessProbe: {httpGet: {path: /health, port: 8080}}

            """#,
            "base/deployments/kustomization.yaml": #"""
            resources: [auth.yaml, agent.yaml]

            """#,
            "base/external-secrets.yaml": #"""
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            metadata: {name: auth-secrets}
            spec: {refreshInterval: 1h, secretStoreRef: {name: vault, kind: ClusterSecretStore}, target: {name: auth-secrets}, dataFrom: [{extract: {key: auth}}]}
            ---
            apiVersion: external-secrets.io/v1
            kind: ClusterSecretStore
            metadata: {name: vault}
            spec: {provider: {fake: {}}}

            """#,
            "base/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [deployments, services, configmaps/shared.yaml, external-secrets.yaml]
            commonLabels: {app.kubernetes.io/part-of: isa}

            """#,
            "base/services/agent.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: agent}
            spec: {selector: {app: agent}, ports: [{port: 80, targetPort: 8080}]}

            """#,
            "base/services/auth.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: auth}
            spec: {selector: {app: auth}, ports: [{port: 80, targetPort: 8080}]}

            """#,
            "base/services/kustomization.yaml": #"""
            resources: [auth.yaml, agent.yaml]

            """#,
            "overlays/staging/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: isa-staging
            resources: [../../base, namespace.yaml, pdb.yaml]
            images:
            - {name: registry.example.com/isa/auth, newName: "registry.internal:5000/isa/auth", newTag: sha-0a1b2c3}
            - {name: registry.example.com/isa/agent, digest: "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3"}
            replicas: [{name: auth, count: 2}]
            patchesStrategicMerge:
            - patches/config.yaml
            - |-
              apiVersion: apps/v1
              kind: Deployment
              metadata: {name: agent}
              spec: {template: {spec: {containers: [{name: agent, env: [{name: CONSUL_HOST, value: consul.staging}, {name: DEBUG, value: "1"}]}]}}}
            patches:
            - path: patches/resources.yaml
              target: {kind: Deployment, labelSelector: "tier=service"}
            - target: {group: apps, version: v1, kind: Deployment, name: "a.*h"}
              patch: |-
                - op: add
                  path: /spec/template/metadata/annotations
                  value: {prometheus.io/scrape: "true"}
                - op: replace
                  path: /spec/template/spec/containers/0/env/0/value
                  value: "9090"
            patchesJson6902:
            - target: {version: v1, kind: Service, name: auth}
              patch: '[{"op": "add", "path": "/spec/type", "value": "NodePort"}]'

            """#,
            "overlays/staging/namespace.yaml": #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: isa-staging}

            """#,
            "overlays/staging/patches/config.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: shared}
            data: {LOG_LEVEL: debug, EXTRA: "yes"}

            """#,
            "overlays/staging/patches/resources.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: ignored}
            spec: {template: {spec: {containers: [{name: auth, resources: {requests: {cpu: 100m}}}, {name: agent, resources: {requests: {cpu: 200m}}}]}}}

            """#,
            "overlays/staging/pdb.yaml": #"""
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: auth}
            spec: {minAvailable: 1, selector: {matchLabels: {app: auth}}}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: isa-staging}
            ---
            apiVersion: v1
            data: {EXTRA: 'yes', LOG_LEVEL: debug, NATS_URL: 'nats://nats:4222'}
            kind: ConfigMap
            metadata:
              labels: {app.kubernetes.io/part-of: isa}
              name: shared
              namespace: isa-staging
            ---
            apiVersion: v1
            kind: Service
            metadata:
              labels: {app.kubernetes.io/part-of: isa}
              name: agent
              namespace: isa-staging
            spec:
              ports:
              - {port: 80, targetPort: 8080}
              selector: {app: agent, app.kubernetes.io/part-of: isa}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              labels: {app.kubernetes.io/part-of: isa}
              name: auth
              namespace: isa-staging
            spec:
              ports:
              - {port: 80, targetPort: 8080}
              selector: {app: auth, app.kubernetes.io/part-of: isa}
              type: NodePort
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {app: agent, app.kubernetes.io/part-of: isa, tier: service}
              name: agent
              namespace: isa-staging
            spec:
              replicas: 1
              selector:
                matchLabels: {app: agent, app.kubernetes.io/part-of: isa}
              strategy:
                rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
                type: RollingUpdate
              template:
                metadata:
                  labels: {app: agent, app.kubernetes.io/part-of: isa}
                spec:
                  containers:
                  - name: auth
                    resources:
                      requests: {cpu: 100m}
                  - env:
                    - {name: CONSUL_HOST, value: consul.staging}
                    - {name: DEBUG, value: '1'}
                    - {name: PORT, value: '8080'}
                    envFrom:
                    - configMapRef: {name: shared}
                    - secretRef: {name: agent-secrets}
                    image: registry.example.com/isa/agent@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3
                    name: agent
                    ports:
                    - {containerPort: 8080}
                    readinessProbe:
                      httpGet: {path: /health, port: 8080}
                    resources:
                      requests: {cpu: 200m}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {app: auth, app.kubernetes.io/part-of: isa, tier: service}
              name: auth
              namespace: isa-staging
            spec:
              replicas: 2
              selector:
                matchLabels: {app: auth, app.kubernetes.io/part-of: isa}
              strategy:
                rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
                type: RollingUpdate
              template:
                metadata:
                  annotations: {prometheus.io/scrape: 'true'}
                  labels: {app: auth, app.kubernetes.io/part-of: isa}
                spec:
                  containers:
                  - env:
                    - {name: PORT, value: '9090'}
                    - {name: CONSUL_HOST, value: consul}
                    envFrom:
                    - configMapRef: {name: shared}
                    - secretRef: {name: auth-secrets}
                    image: registry.internal:5000/isa/auth:sha-0a1b2c3
                    name: auth
                    ports:
                    - {containerPort: 8080}
                    readinessProbe:
                      httpGet: {path: /health, port: 8080}
                    resources:
                      requests: {cpu: 100m}
                  - name: agent
                    resources:
                      requests: {cpu: 200m}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: auth, namespace: isa-staging}
            spec:
              minAvailable: 1
              selector:
                matchLabels: {app: auth}
            ---
            apiVersion: external-secrets.io/v1
            kind: ClusterSecretStore
            metadata:
              labels: {app.kubernetes.io/part-of: isa}
              name: vault
              namespace: isa-staging
            spec:
              provider:
                fake: {}
            ---
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            metadata:
              labels: {app.kubernetes.io/part-of: isa}
              name: auth-secrets
              namespace: isa-staging
            spec:
              dataFrom:
              - extract: {key: auth}
              refreshInterval: 1h
              secretStoreRef: {kind: ClusterSecretStore, name: vault}
              target: {name: auth-secrets}

            """#)
}
