package io.jukung.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.policy.v1.EvictionBuilder;
import io.jukung.e2e.node.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The workloads that controllers make pods for, and the order of the containers of a pod. */
@NeedsKubernetes
@ExtendWith(Cluster.Extension.class)
@Timeout(900)
class WorkloadsIT {
  private static String deployment(int replicas, String version) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: %d
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web, version: "%s"}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - {name: main, image: "%s", command: [sleep, "100000"]}
    """
        .formatted(replicas, version, Cluster.BUSYBOX);
  }

  @Test
  void deploymentScalesAndReplacesItsPods(Cluster cluster) throws Exception {
    cluster.apply(deployment(2, "one"));
    List<Pod> first = cluster.awaitReadyPods("web", 2);
    var deployment =
        cluster.client().apps().deployments().inNamespace(cluster.namespace()).withName("web");
    deployment.scale(3);
    cluster.awaitReadyPods("web", 3);
    deployment.edit(
        each -> {
          each.getSpec().getTemplate().getMetadata().getLabels().put("version", "two");
          return each;
        });
    List<Pod> second =
        cluster.awaitPods(
            "web",
            "3 are of the second version",
            pods ->
                pods.size() == 3
                    && pods.stream()
                        .allMatch(
                            pod -> "two".equals(pod.getMetadata().getLabels().get("version"))));
    assertThat(second)
        .extracting(pod -> pod.getMetadata().getName())
        .doesNotContainAnyElementsOf(
            first.stream().map(pod -> pod.getMetadata().getName()).toList());
  }

  @Test
  void jobRunsUntilItsPodSucceedsAndRetriesOneThatFails(Cluster cluster) throws Exception {
    Path counter = cluster.node().shared("job");
    cluster.apply(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: job}
        spec:
          backoffLimit: 4
          template:
            metadata: {labels: {app: job}}
            spec:
              restartPolicy: Never
              containers:
              - name: main
                image: "%s"
                command: [sh, -c, "echo x >>/count/file; test $(wc -l </count/file) -ge 2"]
                volumeMounts: [{name: count, mountPath: /count}]
              volumes: [{name: count, hostPath: {path: "%s"}}]
        """
            .formatted(Cluster.BUSYBOX, counter));
    var job = cluster.client().batch().v1().jobs().inNamespace(cluster.namespace()).withName("job");
    Await.until(
        "the job succeeds",
        Cluster.PATIENCE,
        () -> {
          Job now = job.require();
          return now.getStatus() != null
              && Integer.valueOf(1).equals(now.getStatus().getSucceeded());
        });
    assertThat(Files.readString(counter.resolve("file"))).isEqualTo("x\nx\n");
    assertThat(cluster.pods("job"))
        .extracting(pod -> pod.getStatus().getPhase())
        .containsExactlyInAnyOrder("Failed", "Succeeded");
  }

  @Test
  void statefulSetStartsPodsInOrderAndKeepsTheirNames(Cluster cluster) throws Exception {
    cluster.apply(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: "%s", command: [sleep, "100000"]}
        """
            .formatted(Cluster.BUSYBOX));
    List<Pod> pods = cluster.awaitReadyPods("db", 2);
    assertThat(pods)
        .extracting(pod -> pod.getMetadata().getName())
        .containsExactlyInAnyOrder("db-0", "db-1");
    assertThat(cluster.exec("db-1", "hostname")).isEqualTo("db-1\n");
    String before = cluster.pod("db-0").getMetadata().getUid();
    cluster.resource("db-0").delete();
    cluster.await(
        "db-0",
        "is a new pod that is ready",
        pod -> !pod.getMetadata().getUid().equals(before) && Cluster.isReady(pod));
  }

  @Test
  void initContainersRunOneAfterAnotherAndSidecarsAroundTheMainContainer(Cluster cluster)
      throws Exception {
    Path order = cluster.node().shared("order");
    String step = "command: [sh, -c, \"echo %s >>/order/file%s\"]\n";
    String volume = "  volumeMounts: [{name: order, mountPath: /order}]\n";
    String image = "  image: \"" + Cluster.BUSYBOX + "\"\n  ";
    cluster.run(
        "ordered",
        """
        restartPolicy: Never
        terminationGracePeriodSeconds: 20
        volumes: [{name: order, hostPath: {path: "%s"}}]
        initContainers:
        """
                .formatted(order)
            + "- name: first\n"
            + image
            + step.formatted("first", "")
            + volume
            + "- name: sidecar\n  restartPolicy: Always\n"
            + image
            + step.formatted(
                "sidecar",
                "; trap 'echo end-of-sidecar >>/order/file; exit 0' TERM;"
                    + " while :; do sleep 0.1; done")
            + "  startupProbe: {exec: {command: [grep, sidecar, /order/file]}, periodSeconds: 1}\n"
            + volume
            + "- name: second\n"
            + image
            + step.formatted("second", "")
            + volume
            + "containers:\n- name: main\n"
            + image
            + step.formatted("main", "; sleep 1; echo end-of-main >>/order/file")
            + volume);
    cluster.awaitPhase("ordered", "Succeeded");
    assertThat(Files.readAllLines(order.resolve("file")))
        .containsExactly("first", "sidecar", "second", "main", "end-of-main", "end-of-sidecar");
  }

  @Test
  void drainEvictsPodsWhichEndInTheirGracePeriod(Cluster cluster) throws Exception {
    Path ends = cluster.node().shared("drain");
    cluster.run(
        "drained",
        """
        terminationGracePeriodSeconds: 30
        volumes: [{name: ends, hostPath: {path: "%s"}}]
        containers:
        - name: main
          image: "%s"
          command: [sh, -c, "trap 'echo ended >/ends/file; exit 0' TERM; while :; do sleep 0.1; done"]
          volumeMounts: [{name: ends, mountPath: /ends}]
        """
            .formatted(ends, Cluster.BUSYBOX));
    cluster.awaitReady("drained");
    var node = cluster.client().nodes().withName(cluster.node().name());
    node.edit(
        each -> {
          each.getSpec().setUnschedulable(true);
          return each;
        });
    try {
      assertThat(
              cluster
                  .resource("drained")
                  .evict(
                      new EvictionBuilder()
                          .withNewMetadata()
                          .withName("drained")
                          .withNamespace(cluster.namespace())
                          .endMetadata()
                          .build()))
          .isTrue();
      Await.until(
          "the pod is gone", Cluster.PATIENCE, () -> cluster.resource("drained").get() == null);
      assertThat(ends.resolve("file")).hasContent("ended");
    } finally {
      node.edit(
          each -> {
            each.getSpec().setUnschedulable(false);
            return each;
          });
    }
  }
}
