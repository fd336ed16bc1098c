"""Other words for the same: what a faithful claim may say instead of its source."""

from __future__ import annotations

from finetune.nets.contrasts.contrast import both_ways, one_way

SAME = both_ways("""
patients | people | individuals
discontinue | stop
discontinued | stopped
discontinuing | stopping
discontinuation | stopping
initiate | start | begin
initiated | started | begun
initiating | starting | beginning
initiation | start
administer | give
administered | given
administration | use
receiving | taking
concomitant use | use together
also called | also known as
such as | for example
concomitantly | together
concurrent | simultaneous
concurrently | at the same time
treated with | given
prior to | before
following | after
adverse reactions | side effects | adverse effects
adverse reaction | side effect
adverse events | side effects
approximately | about
hepatic impairment | liver impairment
hepatic function | liver function
renal impairment | kidney impairment
renal function | kidney function
renal failure | kidney failure
hepatotoxicity | liver damage
nephrotoxicity | kidney damage
myocardial infarction | heart attack
hypertension | high blood pressure
hypotension | low blood pressure
hyperglycemia | high blood sugar
hypoglycemia | low blood sugar
hemorrhage | bleeding
hemorrhagic | bleeding
pyrexia | fever
pruritus | itching
dyspnea | shortness of breath
edema | swelling
erythema | redness
alopecia | hair loss
somnolence | drowsiness
syncope | fainting
emesis | vomiting
fatigue | tiredness
neoplasm | tumor
malignancies | cancers
malignancy | cancer
carcinoma | cancer
pediatric | paediatric
anemia | anaemia
diarrhea | diarrhoea
hemoglobin | haemoglobin
tumor | tumour
pediatric patients | children
geriatric patients | older adults
elderly patients | older patients
physician | doctor
healthcare provider | doctor
health care provider | clinician
medication | medicine | drug
medications | medicines | drugs
therapy | treatment
increase | raise
increases | raises
increased | elevated | higher
decrease | lower | reduce
decreases | lowers | reduces
decreased | reduced
reduction | decrease
elevated | raised
monitor | check
monitored | checked
monitoring | checking
evaluate | assess
evaluated | assessed
evaluation | assessment
obtain | get
perform | carry out
performed | carried out
instruct | tell
advise | tell
avoid | do not use
recommended | advised
not recommended | advised against
required | needed
necessary | needed
requires | needs
require | need
sufficient | enough
insufficient | not enough
severe | serious
fatal | deadly
death | dying
demonstrated | shown
observed | seen
occurred | was seen
occur | happen
occurs | happens
reported | described
indicated | used
indicated for | used for
contraindicated | must not be used
develop | get
experience | have
experienced | had
exhibit | show
due to | because of
caused by | due to
results in | leads to
result in | lead to
associated with | linked to
exceed | go above
greater than | more than | above
less than | below
at least | no less than
maximum | highest
minimum | lowest
daily | per day | each day
once daily | once a day | one time a day
twice daily | twice a day | BID | two times a day
three times daily | three times a day | TID
four times daily | four times a day | QID
every day | daily
once weekly | once a week
weekly | every week
orally | by mouth
oral | by mouth
intravenously | IV | into a vein
intravenous | IV
subcutaneously | under the skin
subcutaneous | SC
intramuscular | IM
adolescents | teenagers
women | females
men | males
pregnant women | women who are pregnant
breastfeeding | lactating | nursing
during pregnancy | while pregnant
symptoms | signs
laboratory | lab
infants | babies
newborns | neonates
children | pediatric patients
disease | illness
disorder | condition
commonly | often | frequently
frequently | often
usually | typically | generally
rarely | seldom
however | but
additional | further | extra
multiple | several
numerous | many
because | since
alcohol | ethanol
physicians | doctors
complete blood count | CBC | full blood count
electrocardiogram | ECG
central nervous system | CNS
multiple sclerosis | MS
alanine aminotransferase | ALT
upper limit of normal | ULN
magnetic resonance imaging | MRI
deep vein thrombosis | DVT
tuberculosis | TB
gastrointestinal | GI
white blood cells | leukocytes
platelets | thrombocytes
red blood cells | erythrocytes
trials | studies
study | trial
half-life | elimination half-life
absorbed | taken up
excreted | eliminated
metabolized | broken down
affects | has an effect on
helps | assists
help | aid
treat | manage
treats | is used for
prevent | avert
inherited | passed down
a number of | several
two | 2
three | 3
four | 4
five | 5
six | 6
ten | 10
24 hours | 1 day
48 hours | 2 days
72 hours | 3 days
7 days | 1 week
14 days | 2 weeks
2 weeks | 14 days
12 months | 1 year
6 months | half a year
4 weeks | 28 days
percent | %
1,000 mg | 1 g
1000 mg | 1 g
2,000 mg | 2 g
500 mg | 0.5 g
1 g | 1,000 mg
""")
"""Phrases that may stand for each other in the claims made here."""

OPENINGS = (
    "In addition, ", "Additionally, ", "However, ", "Therefore, ", "Furthermore, ", "Moreover, ", "Also, ",
    "In general, ", "Thus, ", "As a result, ", "For example, ", "Consequently, ", "Note: ",
)  # fmt: skip
"""Words before a sentence that add nothing to it."""

INTRODUCTIONS = (
    "According to the label, ",
    "The prescribing information says that ",
    "The source states that ",
    "Note that ",
    "Importantly, ",
    "In general, ",
    "Of note, ",
    "Also, ",
    "Yes, ",
)
"""Words that a claim may put before a statement without adding a fact."""

ASKED = one_way("""
monitor > should be monitored | must be monitored
discontinue > should be discontinued | should be stopped
avoid > should be avoided
administer > should be administered | should be given
consider > should be considered
obtain > should be obtained
perform > should be performed
reduce > should be reduced
interrupt > should be interrupted
withhold > should be withheld
store > should be stored
use > should be used
assess > should be assessed
evaluate > should be evaluated
measure > should be measured
initiate > should be initiated | should be started
start > should be started
advise > should be advised
inform > should be informed
instruct > should be instructed
give > should be given
take > should be taken
""")
"""An instruction's verb and the same in the passive."""
