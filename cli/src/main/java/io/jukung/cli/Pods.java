package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Lists pod sandboxes. */
@Command(
    name = "pods",
    description = "Lists the pods, newest first.",
    mixinStandardHelpOptions = true)
final class Pods implements Runnable {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-q", "--quiet"},
      description = "Only IDs, whole.")
  boolean quiet;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table or json.")
  OutputFormat format = OutputFormat.TABLE;

  Pods(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    try (Connection connection = jukung.connect()) {
      ListPodSandboxResponse answer =
          connection.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
      if (format == OutputFormat.JSON) {
        Json.print(answer, environment.out());
        return;
      }
      List<PodSandbox> newestFirst =
          answer.getItemsList().stream()
              .sorted(Comparator.comparingLong(PodSandbox::getCreatedAt).reversed())
              .toList();
      if (quiet) {
        newestFirst.forEach(pod -> environment.out().println(pod.getId()));
      } else {
        print(connection, newestFirst);
      }
    }
  }

  private void print(Connection connection, List<PodSandbox> pods) {
    Table table = new Table("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "IP");
    for (PodSandbox pod : pods) {
      table.row(
          ShortId.of(pod.getId()),
          HumanTime.ago(pod.getCreatedAt(), environment.clock()),
          pod.getState() == PodSandboxState.SANDBOX_READY ? "Ready" : "NotReady",
          pod.getMetadata().getName(),
          pod.getMetadata().getNamespace(),
          Integer.toUnsignedString(pod.getMetadata().getAttempt()),
          address(connection, pod));
    }
    table.print(environment.out());
  }

  private static String address(Connection connection, PodSandbox pod) {
    try {
      String address =
          connection
              .runtime()
              .podSandboxStatus(
                  PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod.getId()).build())
              .getStatus()
              .getNetwork()
              .getIp();
      return address.isEmpty() ? "-" : address;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return "-"; // removed since it was listed
      }
      throw e;
    }
  }
}
