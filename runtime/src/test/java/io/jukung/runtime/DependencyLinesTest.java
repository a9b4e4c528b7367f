package io.jukung.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;

/** Which part of the daemon may know what. */
@AnalyzeClasses(
    packages = "io.jukung.runtime",
    importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  /** One slice for each class of the package of calls, its nested classes included. */
  private static final SliceAssignment EACH_CALL =
      new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
          return type.getPackageName().equals("io.jukung.runtime.service")
              ? SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""))
              : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
          return "each call";
        }
      };

  @ArchTest
  static final ArchRule DAEMON_SPEAKS_TO_SHIMS_BY_MESSAGES =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.shim", "com.kenai.jffi..");

  @ArchTest
  static final ArchRule CALLS_DO_NOT_KNOW_THEIR_TRANSPORT =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.jukung.runtime.service..",
              "io.jukung.runtime.pod..",
              "io.jukung.runtime.container..",
              "io.jukung.runtime.cgroup..",
              "io.jukung.runtime.stats..",
              "io.jukung.runtime.call..",
              "io.jukung.runtime.spec..",
              "io.jukung.runtime.launch..",
              "io.jukung.runtime.store..",
              "io.jukung.runtime.network..",
              "io.jukung.runtime.recovery..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "io.netty..", "picocli..", "io.jukung.runtime.server..");

  @ArchTest
  static final ArchRule LAUNCH_KNOWS_ONLY_THE_SPEC =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime.launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.cri.v1..", "io.jukung.runtime.service..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("io.jukung.runtime.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule CALLS_CALL_NO_OTHER_CALL =
      slices().assignedFrom(EACH_CALL).should().notDependOnEachOther();

  @ArchTest
  static final ArchRule ONLY_THE_COMPOSITION_ROOT_KNOWS_THE_STREAMING_SERVER =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.jukung.runtime.streaming..", "io.jukung.runtime.server..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.jukung.runtime.streaming..");

  @ArchTest
  static final ArchRule DAEMON_HAS_NO_COMMAND_LINE_LIBRARY =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");
}
