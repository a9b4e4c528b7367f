package io.jukung.runtime.call;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ListContainersResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The answer of ListContainers: put together from bytes, and serialized from messages. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ListAnswerBenchmark {
  @Param({"50", "200"})
  int containers;

  private final List<byte[]> bytes = new ArrayList<>();
  private final List<Container> messages = new ArrayList<>();

  @Setup
  public void make() {
    for (int i = 0; i < containers; i++) {
      Container each = container(i);
      messages.add(each);
      bytes.add(each.toByteArray());
    }
  }

  private static Container container(int number) {
    return Container.newBuilder()
        .setId("%064x".formatted(number))
        .setPodSandboxId("%064x".formatted(number + 1_000_000))
        .setMetadata(ContainerMetadata.newBuilder().setName("container-" + number))
        .setState(ContainerState.CONTAINER_RUNNING)
        .setImageRef("sha256:%064x".formatted(7))
        .putLabels("io.kubernetes.pod.name", "pod-" + number)
        .putLabels("io.kubernetes.pod.namespace", "default")
        .putLabels("io.kubernetes.pod.uid", "%036d".formatted(number))
        .putAnnotations("io.kubernetes.container.hash", "%08x".formatted(number))
        .build();
  }

  @Benchmark
  public EncodedMessage fromBytes() throws IOException {
    EncodedMessage answer = new EncodedMessage();
    for (byte[] each : bytes) {
      answer.add(ListContainersResponse.CONTAINERS_FIELD_NUMBER, each);
    }
    answer.writeTo(OutputStream.nullOutputStream());
    return answer;
  }

  @Benchmark
  public ListContainersResponse fromMessages() throws IOException {
    ListContainersResponse answer =
        ListContainersResponse.newBuilder()
            .addAllContainers(
                messages.stream().map(each -> each.toBuilder().clearCreatedAt().build()).toList())
            .build();
    answer.writeTo(OutputStream.nullOutputStream());
    return answer;
  }
}
