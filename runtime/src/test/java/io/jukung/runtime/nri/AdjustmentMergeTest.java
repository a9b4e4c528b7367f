package io.jukung.runtime.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.jukung.cri.CriException;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerAdjustment;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.Field;
import io.jukung.nri.v1alpha1.Hook;
import io.jukung.nri.v1alpha1.Hooks;
import io.jukung.nri.v1alpha1.KeyValue;
import io.jukung.nri.v1alpha1.LinuxCPU;
import io.jukung.nri.v1alpha1.LinuxContainerAdjustment;
import io.jukung.nri.v1alpha1.LinuxContainerUpdate;
import io.jukung.nri.v1alpha1.LinuxDevice;
import io.jukung.nri.v1alpha1.LinuxMemory;
import io.jukung.nri.v1alpha1.LinuxResources;
import io.jukung.nri.v1alpha1.Mount;
import io.jukung.nri.v1alpha1.OptionalInt64;
import io.jukung.nri.v1alpha1.OptionalUInt64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdjustmentMergeTest {
  private final AdjustmentMerge merge =
      new AdjustmentMerge(
          Container.newBuilder()
              .setId("c1")
              .addEnv("A=1")
              .addEnv("B=2")
              .addMounts(Mount.newBuilder().setDestination("/data"))
              .putAnnotations("kept", "yes")
              .build());

  private static KeyValue variable(String key, String value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  private static ContainerAdjustment env(KeyValue... variables) {
    return ContainerAdjustment.newBuilder().addAllEnv(List.of(variables)).build();
  }

  private static ContainerAdjustment linux(LinuxContainerAdjustment.Builder linux) {
    return ContainerAdjustment.newBuilder().setLinux(linux).build();
  }

  private static ContainerAdjustment quota(long quota) {
    return linux(LinuxContainerAdjustment.newBuilder().setResources(cpu(quota)));
  }

  private static LinuxResources cpu(long quota) {
    return LinuxResources.newBuilder()
        .setCpu(LinuxCPU.newBuilder().setQuota(OptionalInt64.newBuilder().setValue(quota)))
        .build();
  }

  private static ContainerUpdate update(String id, LinuxResources limits) {
    return ContainerUpdate.newBuilder()
        .setContainerId(id)
        .setLinux(LinuxContainerUpdate.newBuilder().setResources(limits))
        .build();
  }

  @Test
  void laterPluginSeesWhatEarlierOnesHaveChanged() {
    merge.add(env(variable("A", "changed"), variable("C", "new"), variable("-B", "")), "00-one");

    assertThat(merge.container().getEnvList()).containsExactly("A=changed", "C=new");
    assertThat(merge.adjustment().getEnvList())
        .containsExactly(variable("-B", ""), variable("A", "changed"), variable("C", "new"));
  }

  @Test
  void twoPluginsThatSetTheSameAreAConflictThatNamesBoth() {
    merge.add(env(variable("A", "x")), "00-one");

    assertThatThrownBy(() -> merge.add(env(variable("A", "y")), "10-two"))
        .isInstanceOf(CriException.class)
        .hasMessage("NRI plugins 00-one and 10-two both set env A of container c1");
  }

  @Test
  void twoPluginsThatSetTheSameLimitAreAConflict() {
    merge.add(quota(50_000), "00-one");

    assertThatThrownBy(() -> merge.add(quota(50_000), "10-two"))
        .hasMessageContaining("both set linux.resources.cpu.quota");
  }

  @Test
  void pluginThatFirstTakesAwayMaySetWhatAnotherOneHasSet() {
    merge.add(env(variable("A", "x")), "00-one");
    merge.add(env(variable("-A", ""), variable("A", "y")), "10-two");

    assertThat(merge.container().getEnvList()).containsExactly("B=2", "A=y");
    assertThat(merge.owners().toMessage().getOwnersOrThrow("c1").getCompoundMap())
        .hasEntrySatisfying(
            Field.Env.getNumber(),
            owners -> assertThat(owners.getOwnersMap()).containsEntry("A", "10-two"));
  }

  @Test
  void mountsDevicesAndAnnotationsAreTakenAwayByKey() {
    merge.add(
        ContainerAdjustment.newBuilder()
            .putAnnotations("-kept", "")
            .addMounts(Mount.newBuilder().setDestination("-/data"))
            .setLinux(
                LinuxContainerAdjustment.newBuilder()
                    .addDevices(LinuxDevice.newBuilder().setPath("/dev/fuse").setType("c")))
            .build(),
        "00-one");

    assertThat(merge.container().getMountsList()).isEmpty();
    assertThat(merge.container().getAnnotationsMap()).isEmpty();
    assertThat(merge.container().getLinux().getDevicesList())
        .extracting(LinuxDevice::getPath)
        .containsExactly("/dev/fuse");
  }

  @Test
  void limitsOfTwoPluginsAddUp() {
    merge.add(quota(50_000), "00-one");
    merge.add(
        linux(
            LinuxContainerAdjustment.newBuilder()
                .setResources(
                    LinuxResources.newBuilder()
                        .setCpu(
                            LinuxCPU.newBuilder()
                                .setShares(OptionalUInt64.newBuilder().setValue(512))))),
        "10-two");

    LinuxCPU cpu = merge.adjustment().getLinux().getResources().getCpu();
    assertThat(cpu.getQuota().getValue()).isEqualTo(50_000);
    assertThat(cpu.getShares().getValue()).isEqualTo(512);
  }

  @Test
  void whatIsNotImplementedIsRefusedByTheNameOfTheField() {
    assertThatThrownBy(
            () ->
                merge.add(
                    ContainerAdjustment.newBuilder()
                        .setHooks(Hooks.newBuilder().addPoststop(Hook.newBuilder().setPath("/x")))
                        .build(),
                    "00-one"))
        .hasMessage("NRI plugin 00-one sets hooks.poststop, which is not implemented");
    assertThatThrownBy(
            () ->
                merge.add(
                    linux(LinuxContainerAdjustment.newBuilder().setCgroupsPath("/x")), "00-one"))
        .hasMessageContaining("linux.cgroups_path");
    assertThatThrownBy(
            () ->
                merge.add(
                    linux(
                        LinuxContainerAdjustment.newBuilder()
                            .setResources(
                                LinuxResources.newBuilder()
                                    .setMemory(
                                        LinuxMemory.newBuilder()
                                            .setKernel(OptionalInt64.newBuilder().setValue(1))))),
                    "00-one"))
        .hasMessageContaining("linux.resources.memory.kernel");
  }

  @Test
  void fieldOfANewerProtocolIsRefused() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                99,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("x"))
                    .build())
            .build();

    assertThatThrownBy(
            () ->
                merge.add(
                    ContainerAdjustment.newBuilder().setUnknownFields(unknown).build(), "00-one"))
        .hasMessageContaining("field number 99");
  }

  @Test
  void updatesOfOneContainerAreOneUpdateAndMustNotContradict() {
    merge.addUpdates(List.of(update("c2", cpu(20_000))), "00-one");
    merge.addUpdates(
        List.of(
            update(
                "c2",
                LinuxResources.newBuilder().setCpu(LinuxCPU.newBuilder().setCpus("0")).build())),
        "10-two");

    assertThat(merge.updates())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getLinux().getResources().getCpu().getCpus()).isEqualTo("0");
              assertThat(each.getLinux().getResources().getCpu().getQuota().getValue())
                  .isEqualTo(20_000);
            });
    assertThatThrownBy(() -> merge.addUpdates(List.of(update("c2", cpu(1000))), "10-two"))
        .hasMessageContaining("both set linux.resources.cpu.quota of container c2");
    assertThatThrownBy(() -> merge.addUpdates(List.of(update("c1", cpu(1000))), "10-two"))
        .hasMessageContaining("which is being created");
  }

  @Test
  void seededMessagesOfAHostilePluginEndInAResultOrARefusal() {
    for (long seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = quota(random.nextLong()).toByteArray();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      ContainerAdjustment hostile;
      try {
        hostile = ContainerAdjustment.parseFrom(bytes);
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        continue; // the connection ends
      }
      AdjustmentMerge fresh = new AdjustmentMerge(Container.newBuilder().setId("c").build());
      try {
        fresh.add(hostile, "00-hostile");
        assertThat(fresh.adjustment()).as("seed %d", seed).isNotNull();
      } catch (CriException e) {
        assertThat(e.getMessage()).as("seed %d", seed).contains("00-hostile");
      }
    }
  }
}
