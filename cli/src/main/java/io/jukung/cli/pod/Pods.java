package io.jukung.cli.pod;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code jukung pods}: lists pods. */
@Command(
    name = "pods",
    description = "Lists the pods, newest first.",
    mixinStandardHelpOptions = true)
public final class Pods extends ListCommand<ListPodSandboxResponse, PodSandbox> {
  public Pods(CommandContext context) {
    super(context);
  }

  @Override
  protected ListPodSandboxResponse ask(Connection connection) {
    return connection.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
  }

  @Override
  protected List<PodSandbox> objects(ListPodSandboxResponse answer) {
    return answer.getItemsList().stream()
        .sorted(Comparator.comparingLong(PodSandbox::getCreatedAt).reversed())
        .toList();
  }

  @Override
  protected String id(PodSandbox pod) {
    return pod.getId();
  }

  @Override
  protected Table table(Connection connection, List<PodSandbox> pods) {
    Table table = new Table("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "IP");
    for (PodSandbox pod : pods) {
      table.row(
          ShortId.of(pod.getId()),
          HumanTime.ago(pod.getCreatedAt(), environment.clock()),
          pod.getState() == PodSandboxState.SANDBOX_READY ? "Ready" : "NotReady",
          pod.getMetadata().getName(),
          pod.getMetadata().getNamespace(),
          Integer.toUnsignedString(pod.getMetadata().getAttempt()),
          address(connection, pod.getId()));
    }
    return table;
  }

  /**
   * Returns a dash for a pod without an address, and for one that was removed since it was listed.
   */
  private static String address(Connection connection, String podId) {
    return connection
        .podStatus(podId)
        .map(status -> status.getNetwork().getIp())
        .filter(address -> !address.isEmpty())
        .orElse("-");
  }
}
