package io.jukung.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Black-box tests use only the protocol of a runtime, and none of its classes. */
@AnalyzeClasses(packages = "io.jukung.e2e")
class DependencyLinesTest {
  @ArchTest
  static final ArchRule TESTS_USE_ONLY_THE_PROTOCOL =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.e2e..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.linux..", "io.jukung.image..", "io.jukung.runtime..", "io.jukung.shim..");
}
