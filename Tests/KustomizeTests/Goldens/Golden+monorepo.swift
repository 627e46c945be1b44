// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// A service a folder with base and overlay, all of them in one cluster kustomization.
    static let monorepo = Golden(
        name: "monorepo", target: "clusters/staging",
        files: [
            "apps/svc-0000/base/deployment.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: svc-0000
            spec:
              selector: {matchLabels: {app: svc-0000}}
              strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
              template:
                metadata: {labels: {app: svc-0000}}
                spec:
                  serviceAccountName: svc-0000
                  containers:
                  - name: app
                    image: registry.example.com/svc-0000:latest
                    ports: [{containerPort: 8080, name: http}]
                    envFrom: [{configMapRef: {name: svc-0000-config}}]
                    env:
                    - {name: NATS_URL, value: "nats://nats.infrastructure.svc.cluster.local:4222"}
                    - {name: DATABASE_HOST, value: "postgres.infrastructure.svc.cluster.local"}
                    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 512Mi}}
                    livenessProbe: {httpGet: {path: /health, port: http}, initialDelaySeconds: 30}
                    readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}

            """#,
            "apps/svc-0000/base/kustomization.yaml": #"""
            resources: [deployment.yaml, service.yaml, rest.yaml]
            configMapGenerator:
            - name: svc-0000-config
              literals: [LOG_LEVEL=info, PORT=8080]
            labels:
            - pairs: {app.kubernetes.io/part-of: shop}

            """#,
            "apps/svc-0000/base/rest.yaml": #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: svc-0000}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: svc-0000}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: svc-0000}
              minReplicas: 1
              maxReplicas: 10
              metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: svc-0000}
            spec: {minAvailable: 1, selector: {matchLabels: {app: svc-0000}}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: svc-0000}
            spec: {podSelector: {matchLabels: {app: svc-0000}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: svc-0000}
            spec: {rules: [{host: svc-0000.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: svc-0000, port: {number: 80}}}}]}}]}

            """#,
            "apps/svc-0000/base/service.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: svc-0000}
            spec:
              selector: {app: svc-0000}
              ports: [{port: 80, targetPort: http}]

            """#,
            "apps/svc-0000/overlays/staging/kustomization.yaml": #"""
            namespace: staging
            resources: [../../base]
            images: [{name: registry.example.com/svc-0000, newTag: v1.0.0}]
            replicas: [{name: svc-0000, count: 1}]
            patches:
            - patch: |-
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: svc-0000}
                spec: {template: {spec: {containers: [{name: app, env: [{name: ENVIRONMENT, value: staging}]}]}}}

            """#,
            "apps/svc-0001/base/deployment.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: svc-0001
            spec:
              selector: {matchLabels: {app: svc-0001}}
              strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
              template:
                metadata: {labels: {app: svc-0001}}
                spec:
                  serviceAccountName: svc-0001
                  containers:
                  - name: app
                    image: registry.example.com/svc-0001:latest
                    ports: [{containerPort: 8080, name: http}]
                    envFrom: [{configMapRef: {name: svc-0001-config}}]
                    env:
                    - {name: NATS_URL, value: "nats://nats.infrastructure.svc.cluster.local:4222"}
                    - {name: DATABASE_HOST, value: "postgres.infrastructure.svc.cluster.local"}
                    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 512Mi}}
                    livenessProbe: {httpGet: {path: /health, port: http}, initialDelaySeconds: 30}
                    readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}

            """#,
            "apps/svc-0001/base/kustomization.yaml": #"""
            resources: [deployment.yaml, service.yaml, rest.yaml]
            configMapGenerator:
            - name: svc-0001-config
              literals: [LOG_LEVEL=info, PORT=8080]
            labels:
            - pairs: {app.kubernetes.io/part-of: shop}

            """#,
            "apps/svc-0001/base/rest.yaml": #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: svc-0001}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: svc-0001}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: svc-0001}
              minReplicas: 1
              maxReplicas: 10
              metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: svc-0001}
            spec: {minAvailable: 1, selector: {matchLabels: {app: svc-0001}}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: svc-0001}
            spec: {podSelector: {matchLabels: {app: svc-0001}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: svc-0001}
            spec: {rules: [{host: svc-0001.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: svc-0001, port: {number: 80}}}}]}}]}

            """#,
            "apps/svc-0001/base/service.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: svc-0001}
            spec:
              selector: {app: svc-0001}
              ports: [{port: 80, targetPort: http}]

            """#,
            "apps/svc-0001/overlays/staging/kustomization.yaml": #"""
            namespace: staging
            resources: [../../base]
            images: [{name: registry.example.com/svc-0001, newTag: v1.0.0}]
            replicas: [{name: svc-0001, count: 1}]
            patches:
            - patch: |-
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: svc-0001}
                spec: {template: {spec: {containers: [{name: app, env: [{name: ENVIRONMENT, value: staging}]}]}}}

            """#,
            "clusters/staging/kustomization.yaml": #"""
            resources:
            - namespace.yaml
            - ../../apps/svc-0000/overlays/staging
            - ../../apps/svc-0001/overlays/staging

            """#,
            "clusters/staging/namespace.yaml": #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: staging}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: staging}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            ---
            apiVersion: v1
            data: {LOG_LEVEL: info, PORT: '8080'}
            kind: ConfigMap
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000-config-bt5mh2dcg8
              namespace: staging
            ---
            apiVersion: v1
            data: {LOG_LEVEL: info, PORT: '8080'}
            kind: ConfigMap
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001-config-bt5mh2dcg8
              namespace: staging
            ---
            apiVersion: v1
            kind: Service
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              ports:
              - {port: 80, targetPort: http}
              selector: {app: svc-0000}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              ports:
              - {port: 80, targetPort: http}
              selector: {app: svc-0001}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              replicas: 1
              selector:
                matchLabels: {app: svc-0000}
              strategy:
                rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
                type: RollingUpdate
              template:
                metadata:
                  labels: {app: svc-0000}
                spec:
                  containers:
                  - env:
                    - {name: ENVIRONMENT, value: staging}
                    - {name: NATS_URL, value: 'nats://nats.infrastructure.svc.cluster.local:4222'}
                    - {name: DATABASE_HOST, value: postgres.infrastructure.svc.cluster.local}
                    envFrom:
                    - configMapRef: {name: svc-0000-config-bt5mh2dcg8}
                    image: registry.example.com/svc-0000:v1.0.0
                    livenessProbe:
                      httpGet: {path: /health, port: http}
                      initialDelaySeconds: 30
                    name: app
                    ports:
                    - {containerPort: 8080, name: http}
                    readinessProbe:
                      httpGet: {path: /ready, port: http}
                      periodSeconds: 5
                    resources:
                      limits: {cpu: 500m, memory: 512Mi}
                      requests: {cpu: 100m, memory: 128Mi}
                  serviceAccountName: svc-0000
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              replicas: 1
              selector:
                matchLabels: {app: svc-0001}
              strategy:
                rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
                type: RollingUpdate
              template:
                metadata:
                  labels: {app: svc-0001}
                spec:
                  containers:
                  - env:
                    - {name: ENVIRONMENT, value: staging}
                    - {name: NATS_URL, value: 'nats://nats.infrastructure.svc.cluster.local:4222'}
                    - {name: DATABASE_HOST, value: postgres.infrastructure.svc.cluster.local}
                    envFrom:
                    - configMapRef: {name: svc-0001-config-bt5mh2dcg8}
                    image: registry.example.com/svc-0001:v1.0.0
                    livenessProbe:
                      httpGet: {path: /health, port: http}
                      initialDelaySeconds: 30
                    name: app
                    ports:
                    - {containerPort: 8080, name: http}
                    readinessProbe:
                      httpGet: {path: /ready, port: http}
                      periodSeconds: 5
                    resources:
                      limits: {cpu: 500m, memory: 512Mi}
                      requests: {cpu: 100m, memory: 128Mi}
                  serviceAccountName: svc-0001
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              minAvailable: 1
              selector:
                matchLabels: {app: svc-0000}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              minAvailable: 1
              selector:
                matchLabels: {app: svc-0001}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              maxReplicas: 10
              metrics:
              - resource:
                  name: cpu
                  target: {averageUtilization: 70, type: Utilization}
                type: Resource
              minReplicas: 1
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: svc-0000}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              maxReplicas: 10
              metrics:
              - resource:
                  name: cpu
                  target: {averageUtilization: 70, type: Utilization}
                type: Resource
              minReplicas: 1
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: svc-0001}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              rules:
              - host: svc-0000.example.com
                http:
                  paths:
                  - backend:
                      service:
                        name: svc-0000
                        port: {number: 80}
                    path: /
                    pathType: Prefix
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              rules:
              - host: svc-0001.example.com
                http:
                  paths:
                  - backend:
                      service:
                        name: svc-0001
                        port: {number: 80}
                    path: /
                    pathType: Prefix
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0000
              namespace: staging
            spec:
              ingress:
              - ports:
                - {port: 8080}
              podSelector:
                matchLabels: {app: svc-0000}
              policyTypes: [Ingress]
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              labels: {app.kubernetes.io/part-of: shop}
              name: svc-0001
              namespace: staging
            spec:
              ingress:
              - ports:
                - {port: 8080}
              podSelector:
                matchLabels: {app: svc-0001}
              policyTypes: [Ingress]

            """#)
}
