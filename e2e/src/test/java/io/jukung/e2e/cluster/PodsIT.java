package io.jukung.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.jukung.e2e.node.Await;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What kubelet does for a single pod: probes, hooks, restarts, logs, streams, debugging. */
@NeedsKubernetes
@ExtendWith(Cluster.Extension.class)
@Timeout(900)
class PodsIT {
  private static final String SLEEP =
      """
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: "%s"
        command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
      """
          .formatted(Cluster.BUSYBOX);

  private static ContainerStatus main(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst();
  }

  @Test
  void statusNamesTheImageByItsTagAndItsDigest(Cluster cluster) throws Exception {
    cluster.run("named", SLEEP);
    ContainerStatus status = main(cluster.awaitReady("named"));
    assertThat(status.getImage()).isEqualTo(Cluster.BUSYBOX);
    assertThat(status.getImageID()).matches("127\\.0\\.0\\.1:5000/busybox@sha256:[0-9a-f]{64}");
  }

  @Test
  void podIsReadyWhenItsProbesByCommandHttpAndConnectionSucceed(Cluster cluster) throws Exception {
    cluster.run(
        "probed",
        """
        terminationGracePeriodSeconds: 1
        containers:
        - name: main
          image: "%s"
          command: [sh, -c, "mkdir /www; echo up >/www/index.html; exec httpd -f -p 8080 -h /www"]
          startupProbe: {exec: {command: [test, -e, /www/index.html]}, periodSeconds: 1, failureThreshold: 60}
          readinessProbe: {httpGet: {path: /index.html, port: 8080}, periodSeconds: 1, timeoutSeconds: 10}
          livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, timeoutSeconds: 10}
        """
            .formatted(Cluster.BUSYBOX));
    cluster.awaitReady("probed");
    cluster.exec("probed", "rm", "/www/index.html");
    cluster.await("probed", "is not ready any more", pod -> !Cluster.isReady(pod));
    assertThat(main(cluster.pod("probed")).getRestartCount()).isZero();
  }

  @Test
  void containerWhoseLivenessProbeFailsIsRestartedAndItsLogIsKept(Cluster cluster)
      throws Exception {
    cluster.run(
        "unhealthy",
        """
        terminationGracePeriodSeconds: 1
        volumes: [{name: kept, emptyDir: {}}]
        containers:
        - name: main
          image: "%s"
          command: [sh, -c, "echo x >>/kept/starts; echo start $(wc -l </kept/starts); exec sleep 100000"]
          volumeMounts: [{name: kept, mountPath: /kept}]
          livenessProbe:
            exec: {command: [sh, -c, "test $(wc -l </kept/starts) -ge 2"]}
            periodSeconds: 1
            failureThreshold: 1
            timeoutSeconds: 20
        """
            .formatted(Cluster.BUSYBOX));
    cluster.await(
        "unhealthy",
        "is restarted once and ready",
        pod -> {
          if (pod.getStatus().getContainerStatuses().isEmpty()) {
            return false;
          }
          return main(pod).getRestartCount() == 1 && Cluster.isReady(pod);
        });
    assertThat(main(cluster.pod("unhealthy")).getLastState().getTerminated().getExitCode())
        .isEqualTo(137);
    assertThat(cluster.resource("unhealthy").getLog()).isEqualTo("start 2\n");
    assertThat(cluster.resource("unhealthy").terminated().getLog()).isEqualTo("start 1\n");
  }

  @Test
  void hooksRunAfterTheStartAndBeforeTheStopWithTheSignalOfThePod(Cluster cluster)
      throws Exception {
    Path order = cluster.node().shared("hooks");
    cluster.run(
        "hooked",
        """
        os: {name: linux}
        terminationGracePeriodSeconds: 30
        volumes: [{name: order, hostPath: {path: "%s"}}]
        containers:
        - name: main
          image: "%s"
          command: [sh, -c, "trap 'echo usr1 >>/order/file; exit 0' USR1; while :; do sleep 0.1; done"]
          volumeMounts: [{name: order, mountPath: /order}]
          lifecycle:
            stopSignal: SIGUSR1
            postStart: {exec: {command: [sh, -c, "echo started >>/order/file"]}}
            preStop: {exec: {command: [sh, -c, "echo stopping >>/order/file"]}}
        """
            .formatted(order, Cluster.BUSYBOX));
    cluster.awaitReady("hooked");
    cluster.resource("hooked").delete();
    Await.until(
        "the pod is gone", Cluster.PATIENCE, () -> cluster.resource("hooked").get() == null);
    assertThat(Files.readAllLines(order.resolve("file")))
        .containsExactly("started", "stopping", "usr1");
  }

  @Test
  void debugContainerSeesTheProcessesOfItsTarget(Cluster cluster) throws Exception {
    cluster.run("target", SLEEP);
    cluster.awaitReady("target");
    cluster
        .resource("target")
        .ephemeralContainers()
        .edit(
            pod -> {
              pod.getSpec()
                  .getEphemeralContainers()
                  .add(
                      new EphemeralContainerBuilder()
                          .withName("debugger")
                          .withImage(Cluster.BUSYBOX)
                          .withCommand("sh", "-c", "ps; exec sleep 100000")
                          .withTargetContainerName("main")
                          .build());
              return pod;
            });
    cluster.await(
        "target",
        "has a running debug container",
        pod ->
            pod.getStatus().getEphemeralContainerStatuses().stream()
                .anyMatch(each -> each.getState().getRunning() != null));
    Await.until(
        "the debug container has listed the processes",
        Cluster.PATIENCE,
        () ->
            cluster.resource("target").inContainer("debugger").getLog().contains("trap 'exit 0'"));
  }

  @Test
  void logIsFollowedUntilTheContainerEnds(Cluster cluster) throws Exception {
    cluster.run(
        "talker",
        """
        restartPolicy: Never
        containers:
        - name: main
          image: "%s"
          command: [sh, -c, "for i in 1 2 3 4 5; do echo line $i; sleep 0.5; done"]
        """
            .formatted(Cluster.BUSYBOX));
    cluster.await("talker", "has started", pod -> !"Pending".equals(pod.getStatus().getPhase()));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (LogWatch _ = cluster.resource("talker").watchLog(output)) {
      Await.until(
          "the last line has come",
          Cluster.PATIENCE,
          () -> output.toString(StandardCharsets.UTF_8).contains("line 5"));
    }
    assertThat(output.toString(StandardCharsets.UTF_8))
        .isEqualTo("line 1\nline 2\nline 3\nline 4\nline 5\n");
  }

  @Test
  void execAttachAndPortForwardReachTheContainer(Cluster cluster) throws Exception {
    cluster.run(
        "reached",
        """
        terminationGracePeriodSeconds: 1
        containers:
        - name: main
          image: "%s"
          stdin: true
          command: [sh, -c, "nc -ll -p 7007 -e cat & while read line; do echo got $line; done"]
          readinessProbe: {tcpSocket: {port: 7007}, periodSeconds: 1, timeoutSeconds: 10}
        """
            .formatted(Cluster.BUSYBOX));
    cluster.awaitReady("reached");
    assertThat(cluster.exec("reached", "echo", "some words")).isEqualTo("some words\n");

    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (ExecWatch watch =
        cluster.resource("reached").redirectingInput().writingOutput(output).attach()) {
      watch.getInput().write("typed\n".getBytes(StandardCharsets.UTF_8));
      watch.getInput().flush();
      Await.until(
          "the attached container answers",
          Cluster.PATIENCE,
          () -> output.toString(StandardCharsets.UTF_8).contains("got typed"));
    }

    try (LocalPortForward forward = cluster.resource("reached").portForward(7007);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), forward.getLocalPort())) {
      socket.setSoTimeout((int) Cluster.PATIENCE.toMillis());
      socket.getOutputStream().write("echo\n".getBytes(StandardCharsets.UTF_8));
      assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("echo\n");
    }
  }

  @Test
  void userNamespaceOfThePodIsNotThatOfTheNode(Cluster cluster) throws Exception {
    cluster.run("mapped", "hostUsers: false\n" + SLEEP);
    cluster.awaitReady("mapped");
    assertThat(cluster.exec("mapped", "cat", "/proc/self/uid_map").strip().split(" +"))
        .hasSize(3)
        .satisfies(map -> assertThat(map[1]).isNotEqualTo("0"));
    assertThat(cluster.exec("mapped", "id", "-u")).isEqualTo("0\n");
  }
}
