/* The delivery of packages, small enough to look at every order of events there is (SPIN).
 *
 * A shop sells two receipts, packs them, sends packages over a line that loses, repeats and reorders, asks what
 * became of them, and may die between any two steps. The authority registers whatever it takes in: here it does not
 * know that a number was registered before, so only the shop can keep promise P3.
 * What is modelled, what is not, and the names of the program's own steps: docs/model.md.
 *
 * P2  no number is on two receipts, and what a person has seen is what is durable
 * P3  no invoice is registered twice
 * done (LTL)  whatever happens, everything is registered in the end
 *
 * Wrong programs, one -D each, by which the test shows that the check can fail:
 *   TELL_BEFORE_COMMIT      the number is on the receipt before it is durable
 *   SEND_BEFORE_COMMIT      the package leaves before its bytes and its MTDiep are durable
 *   NEW_ID_WITHOUT_ASKING   after a time-out the invoices go under a new MTDiep at once
 *   BELIEVE_A_REFUSAL       a refusal is believed without asking, where the shop has sent one copy only
 *   BLIND_WHEN_UNKNOWN      "not known" is believed while a copy is still on its way (assumption A1 dropped)
 *   NEVER_ASK               what has left is neither asked about nor sent again
 */
#define SALES 2
#define IDS (SALES + TROUBLES + SPLITS)   /* MTDiep: one for each sale and each time that some are given back */
#ifndef TROUBLES
#define TROUBLES 1   /* what the line loses and repeats, and what the authority refuses for no reason of ours */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define SPLITS 1     /* packages that the gateway fails on, given back by the shop */

#define NONE 0

mtype = { UNUSED, BUILT, SENT, DECIDED, ISSUED, PACKED, ACCEPTED };

/* Durable: a crash leaves it as it is. */
byte last_number = 0;
byte number_of[SALES];
mtype invoice[SALES + 1] = UNUSED;
mtype package[IDS] = UNUSED;
byte holds[IDS];            /* the numbers in a package, as bits */
bool doubt[IDS];            /* refused, not yet asked about */

/* Volatile: a crash clears it. */
bool leaving[IDS];          /* written down as sent; the first byte goes next */
byte in_hand = NONE;        /* only in wrong programs: a number, or a package, that is not durable */

/* The world: no crash takes it back. */
byte seen[SALES];           /* the number on the customer's receipt */
byte registered[SALES + 1];
byte used = 0;              /* MTDiep so far: none is made twice, they are random; here they go in order */
byte content[IDS];          /* what left under it */
byte on_the_way[IDS];
#ifdef BELIEVE_A_REFUSAL
byte copies[IDS];           /* that the shop has sent */
#else
hidden byte copies[IDS];
#endif
byte says_ok[IDS], says_no[IDS];
bool known[IDS], took_in[IDS];
byte troubles = 0, crashes = 0, splits = 0;

#define IN(set, number) (((set) >> (number)) & 1)
#define P2 (!(seen[0] != NONE && seen[0] == seen[1]))
#define FINISHED (invoice[1] == ACCEPTED && invoice[2] == ACCEPTED && registered[1] == 1 && registered[2] == 1)

ltl done { <> FINISHED }

inline each(set, after) {
    if :: IN(set, 1) -> invoice[1] = after :: else fi;
    if :: IN(set, 2) -> invoice[2] = after :: else fi
}

inline accept(id) { package[id] = DECIDED; doubt[id] = false; each(holds[id], ACCEPTED) }
inline give_back(id) { package[id] = DECIDED; doubt[id] = false; each(holds[id], ISSUED) }

inline take(set) {
    if :: IN(set, 1) -> registered[1]++ :: else fi;
    if :: IN(set, 2) -> registered[2]++ :: else fi;
    assert(registered[1] <= 1 && registered[2] <= 1)    /* P3 */
}

/* issuing.py: number, invoice and queue entry in one transaction; then the receipt. */
active [SALES] proctype till() {
    byte me = _pid;
#ifdef TELL_BEFORE_COMMIT
    do
    :: atomic { number_of[me] == NONE && seen[me] == NONE && in_hand == NONE ->
        in_hand = last_number + 1; seen[me] = in_hand; assert(P2) }
    :: atomic { number_of[me] == NONE && in_hand != NONE && seen[me] == in_hand ->
        last_number = in_hand; number_of[me] = in_hand; invoice[in_hand] = ISSUED; in_hand = NONE; break }
    :: atomic { number_of[me] == NONE && seen[me] != NONE && in_hand == NONE ->     /* rung up again */
        last_number++; number_of[me] = last_number; invoice[last_number] = ISSUED; break }
    od
#else
    atomic { last_number++; number_of[me] = last_number; invoice[last_number] = ISSUED };
    atomic { seen[me] = number_of[me]; assert(P2) }
#endif
}

/* delivery.py, packages.py, answers.py, stubborn.py: one MTDiep from packing to decision. */
active [IDS] proctype carry() {
    byte me = _pid - SALES;
end:
    do
    :: atomic { used == me && (invoice[1] == ISSUED || invoice[2] == ISSUED) ->
        used++;
        content[me] = ((invoice[1] == ISSUED) << 1) | ((invoice[2] == ISSUED) << 2);
#ifdef SEND_BEFORE_COMMIT
        in_hand = me + 1; on_the_way[me]++ }
    :: atomic { in_hand == me + 1 -> in_hand = NONE;
#endif
        holds[me] = content[me]; package[me] = BUILT; each(holds[me], PACKED) }
#ifdef SEND_BEFORE_COMMIT
    :: atomic { package[me] == BUILT -> package[me] = SENT }
#else
    :: atomic { package[me] == BUILT -> package[me] = SENT; leaving[me] = true }
#endif
    :: atomic { leaving[me] -> leaving[me] = false; on_the_way[me]++; copies[me]++ }

    :: atomic { says_ok[me] > 0 -> says_ok[me]--;
        if :: package[me] == SENT -> accept(me) :: else fi }      /* too late, or again: nothing moves */
    :: atomic { says_no[me] > 0 -> says_no[me]--;
        if
        :: package[me] == SENT ->
#ifdef BELIEVE_A_REFUSAL
            if :: copies[me] == 1 -> give_back(me) :: else -> doubt[me] = true fi
#else
            doubt[me] = true
#endif
        :: else
        fi }
#ifndef NEVER_ASK
    /* The look-up; what is not known is sent again as the same bytes, or given back. */
    :: atomic { package[me] == SENT && !leaving[me] && known[me] ->
        if :: took_in[me] -> accept(me) :: else -> give_back(me) fi }
#ifdef BLIND_WHEN_UNKNOWN
    :: atomic { package[me] == SENT && !leaving[me] && !known[me] ->
#else
    :: atomic { package[me] == SENT && !leaving[me] && !known[me] && on_the_way[me] == 0 ->    /* A1 */
#endif
        if
        :: doubt[me] -> give_back(me)
        :: !doubt[me] -> leaving[me] = true
        :: !doubt[me] && splits < SPLITS -> splits++; give_back(me)
        fi }
#endif
#ifdef NEW_ID_WITHOUT_ASKING
    :: atomic { package[me] == SENT && !leaving[me] && splits < SPLITS -> splits++; give_back(me) }
#endif
    od
}

/* One MTDiep on the line and at the authority. */
active [IDS] proctype line() {
    byte me = _pid - SALES - IDS;
end:
    do
    :: atomic { on_the_way[me] > 0 -> on_the_way[me]--;
        if
        :: known[me] ->                                         /* a copy: the first answer, or "not unique" */
            if
            :: took_in[me] && says_ok[me] < 1 -> says_ok[me]++
            :: says_no[me] < 1 -> says_no[me]++
            :: skip                                             /* or none */
            fi
        :: !known[me] -> known[me] = true; took_in[me] = true; take(content[me]);
            if :: says_ok[me] < 1 -> says_ok[me]++ :: else fi
        :: !known[me] && troubles < TROUBLES -> troubles++;      /* refused as a message, and remembered or not */
            if :: known[me] = true :: skip fi;
            if :: says_no[me] < 1 -> says_no[me]++ :: else fi
        fi }
    :: atomic { on_the_way[me] > 0 && troubles < TROUBLES -> troubles++; on_the_way[me]-- }
    :: atomic { on_the_way[me] == 1 && troubles < TROUBLES -> troubles++; on_the_way[me]++ }
    :: atomic { says_ok[me] > 0 && troubles < TROUBLES -> troubles++; says_ok[me]-- }
    :: atomic { says_no[me] > 0 && troubles < TROUBLES -> troubles++; says_no[me]-- }
    od
}

/* The program dies, or the power: what was about to leave has not, an answer that was read is not stored. */
active proctype death() {
    byte i;
end:
    do
    :: atomic { crashes < CRASHES -> crashes++; in_hand = NONE; i = 0;
        do
        :: i < IDS -> leaving[i] = false;
            if :: says_ok[i] > 0 -> says_ok[i]-- :: says_no[i] > 0 -> says_no[i]-- :: skip fi;
            i++
        :: else -> break
        od;
        i = 0 }
    od
}
