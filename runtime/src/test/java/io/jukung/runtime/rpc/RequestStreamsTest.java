package io.jukung.runtime.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.VolumesGrpc;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What has been read of a stream is not in the heap: a context may have gigabytes. */
class RequestStreamsTest {
  @Test
  void everyCallWhoseRequestIsAStreamIsCountedAsOne() {
    List<ServiceDescriptor> services =
        List.of(
            BuildsGrpc.getServiceDescriptor(),
            ContainersGrpc.getServiceDescriptor(),
            ImagesGrpc.getServiceDescriptor(),
            JukungGrpc.getServiceDescriptor(),
            VolumesGrpc.getServiceDescriptor());
    assertThat(
            services.stream()
                .flatMap(service -> service.getMethods().stream())
                .filter(method -> !method.getType().clientSendsOneMessage())
                .map(MethodDescriptor::getFullMethodName)
                .collect(Collectors.toSet()))
        .isEqualTo(RequestBudget.STREAMS);
  }
}
