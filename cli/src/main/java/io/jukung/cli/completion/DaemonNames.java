package io.jukung.cli.completion;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** Asks the daemon for its names. Who presses the tab key does not want to read why it fails. */
final class DaemonNames implements Names {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final CommandContext context;

  DaemonNames(CommandContext context) {
    this.context = context;
  }

  @Override
  public List<Candidate> containers() {
    return ask(
        connection ->
            connection
                .runtime(PATIENCE)
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList()
                .stream()
                .map(
                    each ->
                        new Candidate(
                            each.getMetadata().getName(), each.getImage().getUserSpecifiedImage()))
                .toList());
  }

  @Override
  public List<Candidate> pods() {
    return ask(
        connection ->
            connection
                .runtime(PATIENCE)
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList()
                .stream()
                .map(
                    each ->
                        new Candidate(
                            each.getMetadata().getName(), each.getMetadata().getNamespace()))
                .toList());
  }

  @Override
  public List<Candidate> images() {
    return ask(
        connection ->
            connection
                .images(PATIENCE)
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesList()
                .stream()
                .flatMap(each -> each.getRepoTagsList().stream())
                .map(tag -> new Candidate(tag, ""))
                .toList());
  }

  private List<Candidate> ask(Function<Connection, List<Candidate>> question) {
    try (Connection connection = context.connect()) {
      return question.apply(connection).stream().distinct().toList();
    } catch (StatusRuntimeException | CliException e) {
      return List.of();
    }
  }
}
